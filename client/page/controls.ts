/** The round buttons, and their keys. */

import { icon } from './dom.js'

export interface Toggle {
  readonly button: HTMLButtonElement
  /** What pressing it does, constant; `pressed` tells whether it is done. */
  readonly label: string
  readonly icons: { readonly released: string; readonly pressed: string }
  readonly key?: string
}

/** Draws the button in its state. */
export function draw({ button, label, icons, key }: Toggle, pressed: boolean): void {
  button.setAttribute('aria-pressed', String(pressed))
  button.setAttribute('aria-label', label)
  button.title = key ? `${label} (${key.toUpperCase()})` : label
  button.replaceChildren(icon(pressed ? icons.pressed : icons.released))
}

/** Presses buttons by their `aria-keyshortcuts`, except while somebody types. Returns the function that ends it. */
export function shortcuts(buttons: readonly HTMLButtonElement[]): () => void {
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return
    if ((event.target as Element).closest('input, select, textarea, dialog')) return
    const key = event.key.toUpperCase()
    const button = buttons.find((one) => one.getAttribute('aria-keyshortcuts') === key)
    if (button) button.click()
  }
  addEventListener('keydown', press)
  return () => removeEventListener('keydown', press)
}

export const MIC_ICONS = { released: 'mic', pressed: 'mic-off' } as const
export const CAMERA_ICONS = { released: 'camera', pressed: 'camera-off' } as const
export const SCREEN_ICONS = { released: 'screen', pressed: 'screen' } as const
