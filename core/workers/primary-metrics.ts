import type { Entrance } from './entrance.js'
import type { Exchange } from './exchange.js'
import type { Placement } from './placement.js'
import type { Pool } from './pool.js'

export interface Counted {
  readonly pool: Pick<Pool, 'places' | 'serving' | 'stalls'>
  readonly placement: Pick<Placement, 'picks'>
  readonly entrance: Pick<Entrance, 'waiting' | 'dropped'>
  readonly exchange: Pick<Exchange, 'lost'>
}

/** The primary's own metrics, in Prometheus' text format: what became of connections before a worker had them. */
export function primaryMetrics({ pool, placement, entrance, exchange }: Counted): string {
  const held = pool.places.flatMap(({ worker }) => worker ?? [])
  return [
    family('workers', 'gauge', 'Worker processes, by whether they take connections.', 'serving', [
      ['true', pool.serving.length],
      ['false', held.length - pool.serving.length],
    ]),
    family(
      'worker_load',
      'gauge',
      'Share of the time in which the event loop of a worker is busy.',
      'worker',
      held.map(({ id, load }) => [id, load]),
    ),
    family(
      'handoffs_total',
      'counter',
      'Connections handed to a worker.',
      'worker',
      held.map(({ id, handOffs }) => [id, handOffs]),
    ),
    family(
      'worker_deaths_total',
      'counter',
      'How often a worker has ended without being told to.',
      'worker',
      pool.places.map(({ id, deaths }) => [id, deaths]),
    ),
    family('worker_stalls_total', 'counter', 'Workers killed because they stood still.', '', [
      ['', pool.stalls],
    ]),
    family('picks_total', 'counter', 'Workers picked for connections, by what decided.', 'by', [
      ['room', placement.picks.room],
      ['load', placement.picks.load],
    ]),
    family('entrance_waiting', 'gauge', 'Connections that wait for their first line, or for a worker.', '', [
      ['', entrance.waiting],
    ]),
    family(
      'entrance_dropped_total',
      'counter',
      'Connections ended before a worker had them: too many, too slow.',
      '',
      [['', entrance.dropped]],
    ),
    family(
      'exchange_lost_total',
      'counter',
      'Messages between workers that were lost: one of them did not read.',
      '',
      [['', exchange.lost]],
    ),
  ].join('\n')
}

function family(
  name: string,
  type: 'gauge' | 'counter',
  help: string,
  label: string,
  samples: readonly (readonly [value: string, figure: number])[],
): string {
  const lines = samples.map(
    ([value, figure]) => `signalbox_${name}${label === '' ? '' : `{${label}="${value}"}`} ${figure}\n`,
  )
  return `# HELP signalbox_${name} ${help}\n# TYPE signalbox_${name} ${type}\n${lines.join('')}`
}
