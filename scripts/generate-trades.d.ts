export interface TradesOptions {
  rows: number
  /** Any 32-bit integer. */
  seed?: number
  /** `csv` begins with a header. */
  format?: 'csv' | 'ndjson'
}

/** Numbers in [0, 1), the same for the same seed. */
export function seededRandom(seed: number): () => number

/** Pieces of text of about 64 Ki characters, each ending with a line end. */
export function generateTrades(options: TradesOptions): Generator<string, void, void>
