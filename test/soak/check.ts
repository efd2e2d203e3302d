/* Compares the leftovers of a round with its inputs, row by row. */
import type { LoadResult } from '../../src/load/options.js'
import { firstForeignId, isTaken, type Scene, type SoakRow } from './scene.js'

/** Lines of the rejects files after the header, and lines of the files with reasons. */
export interface Rejects {
  readonly lines: readonly string[]
  readonly reasons: readonly string[]
}

export interface Found {
  /** Ids of the rows in the table, including duplicates. */
  readonly ids: readonly number[]
  readonly rejects: Rejects
}

/** Messages about broken promises. */
export function checkRound(scene: Scene, last: LoadResult, found: Found): string[] {
  const complaints: string[] = []
  const complain = (text: string): void => void complaints.push(text)
  if (last.error !== null) complain(`the run does not come to its end: ${last.error.message}`)
  const { read, confirmed, unconfirmed, rejected, skipped, unsent } = last.rows
  if (read !== confirmed + unconfirmed + rejected + skipped + unsent)
    complain(`the equation does not hold: ${JSON.stringify(last.rows)}`)
  checkRejects(scene, last, found, complain)
  checkRows(scene, last, found, complain)
  return complaints
}

type Complain = (text: string) => void

function checkRejects(scene: Scene, last: LoadResult, { rejects }: Found, complain: Complain) {
  const { lines, reasons } = rejects
  if (new Set(lines).size !== lines.length) complain('a row is in the rejects file twice')
  if (lines.length !== reasons.length)
    complain(`${lines.length} rejects, and ${reasons.length} reasons`)
  const uncertain = uncertainOf(scene, last)
  const kept = new Set(lines)
  for (const row of scene.inputs.flatMap(({ rows }) => rows)) {
    if (isTaken(scene.target, row) && kept.has(row.line)) complain(`row ${row.id} was rejected`)
    const isUncertain = row.kind !== 'bad' && uncertain.has(row.id)
    if (!isTaken(scene.target, row) && !kept.has(row.line) && !isUncertain)
      complain(`row ${row.id} is ${row.kind}, and not among the rejects`)
  }
}

function checkRows(scene: Scene, last: LoadResult, found: Found, complain: Complain): void {
  const copies = new Map<number, number>()
  for (const id of found.ids) copies.set(id, (copies.get(id) ?? 0) + 1)
  const uncertain = uncertainOf(scene, last)
  const mayRepeat = scene.mode !== 'async' || scene.onDoubt === 'resend'
  for (const row of scene.inputs.flatMap(({ rows }) => rows)) {
    const count = copies.get(row.id) ?? 0
    copies.delete(row.id)
    const most = !isTaken(scene.target, row) ? 0 : mayRepeat && !scene.target.keyed ? Infinity : 1
    const least = isTaken(scene.target, row) && !uncertain.has(row.id) ? 1 : 0
    if (count > most) complain(`row ${row.id} is there ${count} times`)
    if (count < least) complain(`row ${row.id} is not there`)
  }
  for (const id of copies.keys()) {
    if (id < firstForeignId) complain(`row ${id} stands in no input`)
  }
}

function uncertainOf(scene: Scene, last: LoadResult): Set<number> {
  const headLines = scene.header === '' ? 0 : 1
  const byName = new Map(scene.inputs.map(({ name, rows }) => [name, rows]))
  const ids = last.confirm.uncertain.flatMap(({ file, firstLine, lastLine }) => {
    const rows: readonly SoakRow[] = byName.get(file) ?? []
    return rows.slice(firstLine - headLines - 1, lastLine - headLines).map(({ id }) => id)
  })
  return new Set(ids)
}
