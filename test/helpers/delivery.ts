/* Shared by tests of delivery: rows with distinct ids, and the ids found in a table. */
import type { LoadServer } from './load-server.js'

/** A stream table for rows with the ids 0 … n-1. */
export const streamScript = 'share streamTable(10:0, `id`sym, [INT,SYMBOL]) as target'
export const dfsScript = `db = database("dfs://d", VALUE, \`A\`B)
db.createPartitionedTable(table(1:0, \`id\`sym, [INT,SYMBOL]), \`t, \`sym)`

export function csv(rowCount: number): string {
  const rows = Array.from({ length: rowCount }, (_, i) => `${i},${i % 2 === 0 ? 'A' : 'B'}\n`)
  return `id,sym\n${rows.join('')}`
}

/** ids in a table, in order, including duplicates. */
export async function ids(here: LoadServer, from = 'target'): Promise<number[]> {
  return (await here.rows(`select id from ${from}`)).map(([id]) => Number(id)).sort((a, b) => a - b)
}

export const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i)
