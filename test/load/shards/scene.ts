/* Files of rows, each in a folder of its own and therefore a stream of its own, and shards that load them into a table. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { LoadOptions, LoadResult } from '../../../src/load/options.js'
import { ids, upTo } from '../../helpers/delivery.js'
import { startLoadServer } from '../../helpers/load-server.js'

const rowsOfFile = 50

/** The ids in this number of files. */
export const idsOf = (files: number): number[] => upTo(files * rowsOfFile)

/** @returns a folder with the files `in/d0/f.csv`, `in/d1/f.csv` … */
export function folderOf(
  t: Test,
  files: number,
  symbolOf = (row: number): string => (row % 2 ? 'A' : 'B'),
): string {
  const dir = t.testdir({ in: {} })
  for (let i = 0; i < files; i++) {
    const lines = upTo(rowsOfFile).map(row => `${i * rowsOfFile + row},${symbolOf(row)}\n`)
    mkdirSync(join(dir, 'in', `d${i}`))
    writeFileSync(join(dir, 'in', `d${i}`, 'f.csv'), `id,sym\n${lines.join('')}`)
  }
  return dir
}

/** The options of one shard of the run. */
export const shardOf = (table: string, index: number, count: number) => ({
  target: { table },
  runId: 'night',
  shard: { index, count },
  delivery: { batchRows: 7 },
})

/** A server with a table, whose rows `rows` reads, and the files. */
export async function shardScene(
  t: Test,
  files: number,
  { script, table, rows = table }: { script: string; table: string; rows?: string },
) {
  const here = await startLoadServer(t, script)
  const dir = folderOf(t, files)
  const inputs = join(dir, 'in')
  return {
    ...here,
    dir,
    inputs,
    shard: (index: number, count: number, change: Partial<LoadOptions> = {}): Promise<LoadResult> =>
      here.load([inputs], { ...shardOf(table, index, count), ...change }),
    ids: () => ids(here, rows),
  }
}
