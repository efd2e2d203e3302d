/* Sums over many rounds, as lines for a terminal and as a table for docs/reliability.md. */
import type { Round } from './round.js'
import { victims, type Victim } from './scene.js'

interface TargetTally {
  rounds: number
  kills: Record<Victim, number>
  /** Number of rounds by exit code of the last process. */
  ends: Map<string, number>
  /** Number of rounds that started over because the server had lost their rows. */
  begunAnew: number
}

export interface Tally {
  readonly targets: Map<string, TargetTally>
  failed: number
}

export const noKills = (): Record<Victim, number> => ({
  loader: 0,
  server: 0,
  both: 0,
  target: 0,
  journal: 0,
})

export const newTally = (): Tally => ({ targets: new Map(), failed: 0 })

export function addRound(tally: Tally, { scene, kills, ends, complaints }: Round): void {
  const found = tally.targets.get(scene.target.name)
  const own = found ?? {
    rounds: 0,
    kills: noKills(),
    ends: new Map<string, number>(),
    begunAnew: 0,
  }
  tally.targets.set(scene.target.name, own)
  own.rounds++
  for (const victim of victims) own.kills[victim] += kills[victim]
  const last = (ends.at(-1) ?? 'killed').split(' ')[0]!
  own.ends.set(last, (own.ends.get(last) ?? 0) + 1)
  if (ends.some(end => /DDB_(TARGET_CHANGED|UNPROVEN)/.test(end))) own.begunAnew++
  if (complaints.length > 0) tally.failed++
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)

export function tallyText(tally: Tally): string {
  const all = [...tally.targets.values()]
  const strikes = sum(all.flatMap(({ kills }) => Object.values(kills)))
  return `${table(tally)}\n${sum(all.map(({ rounds }) => rounds))} rounds, ${strikes} strikes, ${tally.failed} failed`
}

function table({ targets }: Tally): string {
  const rows = [...targets]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { rounds, kills, ends, begunAnew }]) => {
      const codes = [...ends].sort().map(([code, count]) => `${code}: ${count}`)
      const struck = victims.map(victim => kills[victim])
      return `| ${[name, rounds, ...struck, begunAnew, codes.join(', ')].join(' | ')} |`
    })
  return [
    '| target | rounds | loader killed | server killed | both killed | target recreated | journal restored | rounds started over | last exit codes |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}

const begin = '<!-- soak: written by npm run soak -- --report -->'
const end = '<!-- end of soak -->'

/** The page with the counts inserted. */
export function inReport(page: string, tally: Tally): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`docs/reliability.md has no ${begin}`)
  return `${page.slice(0, from)}${begin}\n\n${tallyText(tally)}\n\n${page.slice(to)}`
}
