/*
  The scheduler files in docs/fleet.md.
*/
import { parsePage, readPages } from './pages.js'

/** The code blocks between a heading of the page and the next heading. */
export async function blocksOf(heading: string): Promise<string[]> {
  const page = (await readPages()).find(({ path }) => path === 'docs/fleet.md')!
  const lines = page.text.split('\n')
  const from = lines.findIndex(line => /^#+ /.test(line) && line.replace(/^#+ /, '') === heading)
  if (from < 0) throw new Error(`docs/fleet.md has no heading "${heading}"`)
  const length = lines.slice(from + 1).findIndex(line => /^#{1,3} /.test(line))
  const part = lines.slice(from, length < 0 ? undefined : from + 1 + length).join('\n')
  return parsePage(page.path, part).blocks.map(({ text }) => text)
}
