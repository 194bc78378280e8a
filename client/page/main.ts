/** The call page: from the lobby into a call and back. */

import type { SignalboxError } from '../errors.js'
import { enterCall } from './call.js'
import { deviceChoice } from './device-choice.js'
import { LocalMedia } from './devices.js'
import { box, button, input } from './dom.js'
import { type Entry, Lobby } from './lobby.js'
import { callProblem } from './messages.js'
import { linkTo } from './names.js'
import { Tiles } from './tiles.js'

/** The call that this tab is in, so that a reload comes back to it. */
const CALL_KEY = 'signalbox.call'

const media = new LocalMedia()
const tiles = new Tiles()
const lobby = new Lobby(media, (entry) => void join(entry))

async function join(entry: Entry): Promise<void> {
  lobby.busy(true)
  try {
    await enterCall({ ...entry, media, tiles, onEnd, onWaiting: (giveUp) => lobby.waits(giveUp) })
    enter(entry)
  } catch (error) {
    refuse(error as SignalboxError)
  }
}

function enter(entry: Entry): void {
  sessionStorage.setItem(CALL_KEY, JSON.stringify(entry))
  history.replaceState(null, '', linkTo(entry.room))
  document.title = `${entry.room} · Signalbox`
  lobby.hide()
  box('call').hidden = false
  button('mic').focus({ preventScroll: true })
}

function onEnd(error: SignalboxError | undefined): void {
  sessionStorage.removeItem(CALL_KEY)
  document.title = 'Signalbox'
  tiles.clear()
  box('call').hidden = true
  lobby.show(error && callProblem(error))
  askForTokenAfter(error)
}

function refuse(error: SignalboxError): void {
  sessionStorage.removeItem(CALL_KEY)
  // Whoever gave up waiting needs no reason.
  lobby.fail(error.code === 'E_NOT_JOINED' ? undefined : callProblem(error))
  askForTokenAfter(error)
}

function askForTokenAfter(error: SignalboxError | undefined): void {
  if (error?.code === 'E_AUTH' || error?.code === 'E_EXPIRED') lobby.askForToken()
}

/** A token may come in the part of the address that browsers don't send: `/?room=kitchen#token=…`. */
function takeTokenOfAddress(): void {
  const token = new URLSearchParams(location.hash.slice(1)).get('token')
  if (token === null) return
  input('token').value = token
  history.replaceState(null, '', location.pathname + location.search)
}

async function start(): Promise<void> {
  takeTokenOfAddress()
  deviceChoice(media, (speaker) => tiles.useSpeaker(speaker))
  lobby.show()
  const before = sessionStorage.getItem(CALL_KEY)
  await lobby.preview()
  if (before) {
    const entry = JSON.parse(before) as Entry
    input('token').value = entry.token ?? ''
    await join(entry)
  }
}

void start()
