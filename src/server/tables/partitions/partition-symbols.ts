/*
  How many different texts each SYMBOL column has in each partition of a stored table: DolphinDB keeps no more than
  2,097,152 (docs/server-semantics.md#conversions-on-insert).
*/
import type { Column, SymbolVector } from '../../../protocol/value.js'
import { ScriptError } from '../../script-error.js'

/** The limit of DolphinDB: 2²¹. */
export const maxSymbolsPerPartition = 2_097_152

/** Columns, and the partition of each row; undefined: there is one. */
export interface PlacedRows {
  readonly columns: readonly Column[]
  readonly rows: number
  readonly partitions: Float64Array | undefined
}

type Texts = Map<number, Set<string>>
const noTexts: Texts = new Map()

/** Texts are only counted one by one once there may be too many. */
export class PartitionSymbols {
  readonly #max: number
  /** By column: never less than what any partition has. */
  readonly #atMost = new Map<number, number>()
  readonly #texts = new Map<number, Texts>()

  constructor(max = maxSymbolsPerPartition) {
    this.#max = max
  }

  /**
   * Takes the texts of rows that are about to be stored.
   *
   * @param stored  the rows that are there
   * @throws {ScriptError} S00003; nothing is taken then
   */
  add(batch: PlacedRows, stored: () => PlacedRows): void {
    const taken: [Texts, Texts][] = []
    for (const [index, column] of batch.columns.entries()) {
      if (!isSymbols(column)) continue
      const atMost = (this.#atMost.get(index) ?? 0) + Math.min(batch.rows, column.base.length)
      this.#atMost.set(index, atMost)
      if (atMost <= this.#max) continue
      const known = this.#known(index, stored)
      const added = textsOf(column, batch, known)
      for (const [partition, texts] of added) {
        if (texts.size + (known.get(partition)?.size ?? 0) > this.#max) {
          throw new ScriptError(`One symbase's size can't exceed ${this.#max}. RefId: S00003`)
        }
      }
      taken.push([known, added])
    }
    for (const [known, added] of taken) merge(known, added)
  }

  /** For a table that has no rows left. */
  clear(): void {
    this.#atMost.clear()
    this.#texts.clear()
  }

  #known(index: number, stored: () => PlacedRows): Texts {
    const known = this.#texts.get(index)
    if (known !== undefined) return known
    const rows = stored()
    const column = rows.columns[index]!
    const texts = isSymbols(column)
      ? textsOf(column, rows, noTexts)
      : new Map<number, Set<string>>()
    this.#texts.set(index, texts)
    return texts
  }
}

function isSymbols(column: Column): column is SymbolVector {
  return column.form === 'vector' && column.type === 'SYMBOL'
}

/** Those that are not known, each looked at once a partition. */
function textsOf(
  { codes, base }: SymbolVector,
  { rows, partitions }: PlacedRows,
  known: Texts,
): Texts {
  const texts: Texts = new Map()
  const seen = new Map<number, Uint8Array>()
  for (let row = 0; row < rows; row++) {
    const partition = partitions?.[row] ?? 0
    const code = codes[row]!
    let codesSeen = seen.get(partition)
    if (codesSeen === undefined) seen.set(partition, (codesSeen = new Uint8Array(base.length)))
    if (codesSeen[code] === 1) continue
    codesSeen[code] = 1
    const text = base[code] ?? ''
    if (known.get(partition)?.has(text) === true) continue
    const own = texts.get(partition)
    if (own === undefined) texts.set(partition, new Set([text]))
    else own.add(text)
  }
  return texts
}

function merge(known: Texts, added: Texts): void {
  for (const [partition, texts] of added) {
    const own = known.get(partition)
    if (own === undefined) known.set(partition, texts)
    else for (const text of texts) own.add(text)
  }
}
