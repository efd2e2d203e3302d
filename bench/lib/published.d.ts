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
  /** Program → file → verdict. */
  correctness: Record<string, Record<string, string>>
  figures: { work: string; ours: number; reference?: number; ratio?: number }[]
}

/** A page with new tables from the results, between `<!-- NAME -->` and `<!-- end -->`. */
export function withTables(page: string, results: Results): string

/** The figures of the picture in words, for readers who do not see it. */
export function pictureText(results: Results): string

/** Whether the package that draws the picture is installed. */
export function canDraw(): boolean

/** How much of the inputs each program reads in a second of processor time, as SVG for light and dark pages. */
export function drawPicture(results: Results): string
