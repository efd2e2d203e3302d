/*
  HTML pieces of the --report page. Everything that comes from files and servers is escaped here.
*/
import { inBothLanguages, type PageWord } from './words.js'

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text for elements and attributes; control characters become visible. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll(/[&<>"']/g, sign => entities[sign]!)
    .replaceAll(
      /[\p{Cc}\p{Cf}\p{Cs}]/gu,
      sign => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
}

/**
 * A cell of a table: text, HTML, a number, a `figure` (text with the layout of a number), or a number with a bar that
 * shows its share.
 */
export type Cell = string | number | { readonly html: string } | { readonly figure: string } | Bar

interface Bar {
  readonly value: number
  /** The share, from 0 to 1. */
  readonly share: number
  readonly tone: Tone
}

export type Tone = 'sent' | 'good' | 'doubt' | 'bad' | 'plain'

export function tableOf(heads: readonly PageWord[], rows: readonly (readonly Cell[])[]): string {
  const head = heads
    .map((word, index) => {
      const form = isNumber(rows[0]?.[index] ?? '') ? ' class="number"' : ''
      return `<th scope="col"${form}>${inBothLanguages(word)}</th>`
    })
    .join('')
  const body = rows.map(cells => `<tr>${cells.map(cellHtml).join('')}</tr>`).join('\n')
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table></div>`
}

function isNumber(cell: Cell): boolean {
  return typeof cell === 'number' || (typeof cell === 'object' && !('html' in cell))
}

function cellHtml(cell: Cell, index: number): string {
  const name = index === 0 ? 'th scope="row"' : 'td'
  const end = name.slice(0, 2)
  if (typeof cell === 'string') return `<${name}>${escapeHtml(cell)}</${end}>`
  if (typeof cell === 'number') return `<td class="number">${numberText(cell)}</td>`
  if ('figure' in cell) return `<td class="number">${escapeHtml(cell.figure)}</td>`
  if ('html' in cell) return `<${name}>${cell.html}</${end}>`
  const width = Math.max(0, Math.min(1, cell.share)) * 100
  const bar =
    width === 0 ? '' : `<span class="bar ${cell.tone}" style="width:${width.toFixed(1)}%"></span>`
  return `<td class="number with-bar">${bar}<span>${numberText(cell.value)}</span></td>`
}

/** Thousands separators, and up to three decimals for values below 10. */
export function numberText(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: Math.abs(value) < 10 ? 3 : 0 })
}

export function section(word: PageWord, content: string): string {
  return `<section><h2>${inBothLanguages(word)}</h2>\n${content}\n</section>`
}

/** Data for a script of the page. Texts in the data cannot close the script element. */
export function dataScript(id: string, data: unknown): string {
  const text = JSON.stringify(data).replaceAll('<', '\\u003c')
  return `<script type="application/json" id="${id}">${text}</script>`
}
