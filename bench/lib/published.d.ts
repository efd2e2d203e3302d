/** bench/results.json. */
export interface Results {
  /** ISO 8601. */
  at: string
  machine: { node: string; cpu: string; cores: number }
  scale: number
  repeats: number
  loadBefore: number
  /** What else has to be known of the run, as a sentence. */
  note?: string
  /** By program, then by file. */
  correctness: Record<string, Record<string, string>>
  figures: { work: string; ours: number; reference?: number; ratio?: number }[]
}

/** A page with its tables replaced by those of the results: what stands between `<!-- NAME -->` and `<!-- end -->`. */
export function withTables(page: string, results: Results): string

/** The figures of the picture in words, for readers of its text. */
export function pictureText(results: Results): string

/** Whether `drawPicture` has what it takes. */
export function canDraw(): boolean

/** How much of the inputs each program reads in a second of processor time, as SVG for light and dark pages. */
export function drawPicture(results: Results): string
