/** Content of bench/results.json. */
export interface Results {
  /** ISO 8601. */
  at: string
  machine: { node: string; cpu: string; cores: number }
  scale: number
  repeats: number
  loadBefore: number
  /** A further remark about the run, as a sentence. */
  note?: string
  figures: { work: string; ours: number; reference?: number; ratio?: number }[]
}

export function withTable(page: string, results: Results): string

export function pictureText(results: Results): string

export function canDraw(): boolean

export function drawPicture(results: Results): string
