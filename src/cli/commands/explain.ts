/* `explain`: prints what docs/errors.md says about one code, or lists all codes, in the reader's language. */
import { readFile } from 'node:fs/promises'
import { usageError } from '../../errors.js'
import { packageFile } from '../../version.js'
import type { Call } from './command.js'
import { clean, didYouMean, tableLines, wrapped } from '../output/output.js'

/** @returns the exit code @throws {UsageError} DDB_USAGE for an unknown code; the message names a similar code */
export async function run(_settings: unknown, { args, output, helpTexts }: Call): Promise<number> {
  const isChinese = helpTexts.language === 'zh'
  const path = isChinese ? 'docs/zh/errors.md' : 'docs/errors.md'
  const page = await readFile(packageFile(path), 'utf8')
  const known = explanationsOf(page)
  if (args[0] === undefined) {
    const rows = known.map(({ code, cells }) => [code, firstSentence(cells)])
    const lines = tableLines(rows, undefined, output.resultColumns)
    await output.write(`${lines.join('\n')}\n`)
    return 0
  }
  const wanted = args[0].trim()
  const found = known.find(({ code }) => code === wanted.toUpperCase())
  if (found === undefined) {
    const names = known.map(({ code }) => code)
    throw usageError(
      `no code is called "${clean(wanted)}"${didYouMean(wanted.toUpperCase(), names)}`,
    )
  }
  const texts = found.cells.map(([head, text]) => `${head}${isChinese ? '：' : ': '}${text}`)
  const lines = texts.flatMap(text => wrapped(text, output.resultColumns ?? Infinity))
  await output.write(`${[output.paintResult('bold', found.code), ...lines].join('\n')}\n`)
  return 0
}

/** The meaning of a code: the first sentence of the first cell that follows the code and is not an exit code. */
function firstSentence(cells: readonly (readonly [head: string, text: string])[]): string {
  const [, text = ''] = cells.find(([, each]) => !/^\d+$/.test(each)) ?? []
  return text.replace(/(?<=\. |。)[^]*$/, '').trim()
}

const headings: ReadonlySet<string> = new Set(['code', '错误码', '退出码'])

/** Rows with a code in the first cell, from all tables of the page, with their other cells by column heading. */
export function explanationsOf(page: string) {
  let heads: readonly string[] = []
  return page.split('\n').flatMap(line => {
    const cells = cellsOf(line)
    if (cells === undefined) return []
    const [code = '', ...others] = cells
    if (headings.has(code)) heads = others
    if (!/^(?:DDB_[A-Z_]+|\d+)$/.test(code)) return []
    const filled = others.map((text, i) => [heads[i] ?? '', text] as const)
    return [{ code, cells: filled.filter(([, text]) => text !== '') }]
  })
}

/** The cells of a table row as plain text; undefined for other lines. */
function cellsOf(line: string): string[] | undefined {
  if (!/^\|.*\|$/.test(line)) return undefined
  return line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map(cell =>
      cell
        .trim()
        // Removes links in brackets: they only refer to other pages.
        .replace(/ ?[(（]\[[^\]]*\]\([^)]*\)[)）]/g, '')
        .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .replace(/`/g, '')
        .replaceAll('\\|', '|'),
    )
}
