export interface TradesOptions {
  rows: number
  /** Any 32-bit integer. */
  seed?: number
  /** `csv` begins with a header. */
  format?: 'csv' | 'ndjson'
}

export function seededRandom(seed: number): () => number

export function generateTrades(options: TradesOptions): Generator<string, void, void>
