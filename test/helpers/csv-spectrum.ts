/*
  The CSV files of csv-spectrum, each with its expected values.
*/
import { createRequire } from 'node:module'

export interface SpectrumCase {
  readonly name: string
  readonly csv: Buffer
  readonly json: Buffer
}

const require = createRequire(import.meta.url)
// The package has no types.
const spectrum = require('csv-spectrum') as (
  done: (error: Error | null, cases: SpectrumCase[]) => void,
) => void

export const spectrumCases: readonly SpectrumCase[] = await new Promise<SpectrumCase[]>(
  (resolve, reject) => {
    spectrum((error, cases) => (error ? reject(error) : resolve(cases)))
  },
)
