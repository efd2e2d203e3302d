/* Reads pages of the guide for the tests that check them: code blocks, their commands, links and headings. A few patterns are enough,
   because this project wrote the pages in plain Markdown. */
import { readFileSync, writeFileSync } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import type { Test } from 'tap'
import { root } from './checkout.js'

export interface CodeBlock {
  /** `sh` for commands that a test runs, `text` for examples that no test runs. */
  language: string
  /** The line of the page on which the text begins, from 1. */
  lineNumber: number
  text: string
}

export interface Page {
  /** Relative to the checkout: `docs/running.md`. */
  path: string
  text: string
  blocks: CodeBlock[]
  /** The page with its code blocks blanked out; line numbers stay the same. */
  prose: string
}

/** A command of a block, including continuation lines and here-documents. */
export interface ShellCommand {
  /** Line in the page, from 1. */
  lineNumber: number
  text: string
  /** From `# exit 3` at the end of the line; otherwise 0. */
  exitCode: number
  /** Expected count of loaded rows, from `# loads 1,000 rows` at the end of the line, perhaps after the exit code. */
  loads: string | undefined
  /** Expected standard output, from `# prints 1000` at the end of the line; '' for `# prints nothing`. */
  prints: string | undefined
}

/** README and every page of docs/ except decisions; Chinese pages come last. */
export async function readPages(): Promise<Page[]> {
  const pathsIn = async (folder: string): Promise<string[]> =>
    (await readdir(new URL(folder, root)))
      .filter(name => name.endsWith('.md'))
      .sort()
      .map(name => `${folder}${name}`)
  const english = ['README.md', ...(await pathsIn('docs/'))]
  const chinese = ['README.zh-CN.md', ...(await pathsIn('docs/zh/'))]
  return Promise.all([...english, ...chinese].map(readPage))
}

/** The English original of a Chinese page; undefined for English pages. */
export function originalOf(path: string): string | undefined {
  if (path === 'README.zh-CN.md') return 'README.md'
  return path.startsWith('docs/zh/') ? path.replace('/zh/', '/') : undefined
}

/** @param path  relative to the checkout */
export async function readPage(path: string): Promise<Page> {
  return parsePage(path, await readFile(new URL(path, root), 'utf8'))
}

export function parsePage(path: string, text: string): Page {
  const blocks: CodeBlock[] = []
  const prose: string[] = []
  let open: { language: string; lineNumber: number; lines: string[] } | undefined
  for (const [index, line] of text.split('\n').entries()) {
    const fence = /^```(\S*)/.exec(line)
    if (fence === null) {
      open?.lines.push(line)
      prose.push(open === undefined ? line : '')
      continue
    }
    prose.push('')
    if (open === undefined) {
      open = { language: fence[1] ?? '', lineNumber: index + 2, lines: [] }
    } else {
      const { language, lineNumber, lines } = open
      blocks.push({ language, lineNumber, text: lines.join('\n') })
      open = undefined
    }
  }
  if (open !== undefined) throw new Error(`${path}: a code block is never closed`)
  return { path, text, blocks, prose: prose.join('\n') }
}

/** The commands of a block in order, without comments and blank lines. */
export function commandsOf(block: CodeBlock): ShellCommand[] {
  const commands: ShellCommand[] = []
  const lines = block.text.split('\n')
  for (let i = 0; i < lines.length; i++) {
    const first = i
    if (/^\s*(#|$)/.test(lines[i]!)) continue
    const textTo = (last: number): string => lines.slice(first, last + 1).join('\n')
    let state = shellState(textTo(i))
    while (!state.complete && i + 1 < lines.length) state = shellState(textTo(++i))
    const end = /<<'?(\w+)'?/.exec(textTo(i))?.[1]
    while (end !== undefined && lines[i] !== end) {
      if (++i >= lines.length) throw new Error(`the here-document ${end} is never closed`)
    }
    commands.push({
      lineNumber: block.lineNumber + first,
      text: textTo(i),
      exitCode: Number(/^exit (\d+)(?:, |$)/.exec(state.comment)?.[1] ?? 0),
      loads: /(?:^|, )loads (\S+) rows$/.exec(state.comment)?.[1],
      prints: /^prints (.+)$/.exec(state.comment)?.[1]?.replace(/^nothing$/, ''),
    })
  }
  return commands
}

/** Whether the command is complete (no open quote, no operator or backslash at its end), and the comment after it. */
function shellState(text: string): { complete: boolean; comment: string } {
  let quote = ''
  let comment = ''
  let code = ''
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!
    if (quote !== '') {
      if (c === '\\' && quote === '"') i++
      else if (c === quote) quote = ''
    } else if (c === '#' && /\s/.test(text[i - 1] ?? ' ')) {
      const end = text.indexOf('\n', i)
      comment = text.slice(i + 1, end < 0 ? undefined : end).trim()
      i = end < 0 ? text.length : end
    } else {
      if (c === '"' || c === "'") quote = c
      code += c
    }
  }
  return { complete: quote === '' && !/(\||&&|\\)\s*$/.test(code), comment }
}

/** Targets of the page's links, except in code. */
export function linksOf(page: Page): string[] {
  const prose = page.prose.replace(/`[^`\n]*`/g, '')
  return Array.from(prose.matchAll(/\]\(([^)\s]+)\)/g), match => match[1]!)
}

/** Anchors of the page's headings, as GitHub makes them. */
export function anchorsOf(page: Page): string[] {
  return Array.from(page.prose.matchAll(/^#+ (.+)$/gm), ([, title]) =>
    title!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

/** Paragraphs, list items and table rows. */
export function paragraphsOf(page: Page): string[] {
  return page.prose
    .split(/\n\s*\n|\n(?=\s*(?:[*-] |\||\d+\. ))/)
    .map(text => text.trim())
    .filter(text => text !== '')
}

export function codeSpans(prose: string): string[] {
  return Array.from(prose.matchAll(/`([^`]+)`/g), match => match[1]!.replace(/\s+/g, ' '))
}

/**
 * Compares a table of a page with the results of a test. With UPDATE_DOCS=1, writes the table instead.
 * @param path relative to the checkout
 * @param marks the lines before and after the table
 * @param rows rows of cells; the first row is the head
 */
export function checkTable(
  t: Test,
  path: string,
  [begin, end]: readonly [string, string],
  rows: readonly (readonly string[])[],
): void {
  const page = new URL(path, root)
  const [head = [], ...others] = rows
  const lines = [head, head.map(() => '---'), ...others].map(cells => `| ${cells.join(' | ')} |\n`)
  const text = readFileSync(page, 'utf8')
  const [before, rest] = text.split(begin) as [string, string]
  const [committed, after] = rest.split(end) as [string, string]
  const table = `\n${lines.join('')}\n`
  if (process.env['UPDATE_DOCS'] === '1') {
    writeFileSync(page, `${before}${begin}${table}${end}${after}`)
  } else {
    t.equal(committed, table, 'UPDATE_DOCS=1 rewrites it')
  }
}
