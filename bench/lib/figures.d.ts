/** Content of bench/results.json; `at` is ISO 8601. */
export interface Results {
  at: string
  machine: { node: string; cpu: string; cores: number }
  scale: number
  repeats: number
  loadBefore: number
  figures: { work: string; ours: number; reference?: number; ratio?: number }[]
}

export function withTable(page: string, results: Results): string

export function pictureText(results: Results): string

export function drawPicture(results: Results): string
