/*
  Text for people: control characters taken out or shown, widths of a terminal, numbers with units.
*/
import { nearestNames } from '../../schema/nearest.js'

/* eslint-disable no-control-regex -- control characters are what these are about */

// Whole escape sequences first, so that their visible tail does not stay behind; then every single control and the
// characters that reorder text (bidirectional overrides), which could make one file name look like another.
const sequences =
  /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u009b[0-?]*[ -/]*[@-~]/g
const blanks = /[\t\n\v\f\r\u0085\u2028\u2029]+/g
const controls = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g
const acting =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/* eslint-enable no-control-regex */

// Bytes of file names that are not UTF-8 (platform/file-name.ts).
const nameBytes = /[\udc80-\udcff]/gu

/** One line of text that cannot move a terminal's cursor, whoever wrote it. */
export function clean(text: string): string {
  return text
    .replace(sequences, '')
    .replace(blanks, ' ')
    .replace(controls, '')
    .replace(nameBytes, byteText)
}

/** `\xff` of a byte that stands in the name of a file. */
function byteText(escape: string): string {
  return `\\x${(escape.charCodeAt(0) & 0xff).toString(16)}`
}

/**
 * Data for a terminal: what it would act on stands there as `\u001b`, so JSON stays the same value. Line feeds and tabs
 * stay as they are.
 */
export function visible(text: string): string {
  return text.replace(acting, escaped)
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/**
 * A JSON value and a line end. JSON.stringify leaves DEL, the C1 controls and what reorders text as they are, and a
 * terminal would act on them.
 */
export function jsonLine(value: unknown): string {
  return `${visible(JSON.stringify(value))}\n`
}

/** Terminal columns a character takes: 0 for combining marks, 2 for wide East Asian ones. */
function characterWidth(character: string): number {
  const code = character.codePointAt(0)!
  if (code < 0x300) return 1
  if (/\p{Mark}|\u200b|\u200d/u.test(character)) return 0
  const wide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf && code !== 0x303f) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd)
  return wide ? 2 : 1
}

const plain = /^[ -~]*$/

/** Terminal columns of text that has been cleaned. */
export function displayWidth(text: string): number {
  if (plain.test(text)) return text.length
  let width = 0
  for (const character of text) width += characterWidth(character)
  return width
}

/** Cut to `width` terminal columns, the last one an ellipsis when something was cut. */
export function clip(text: string, width: number): string {
  if (displayWidth(text) <= width) return text
  let clipped = ''
  let used = 0
  for (const character of text) {
    used += characterWidth(character)
    if (used > width - 1) break
    clipped += character
  }
  return `${clipped}…`
}

/** @param side  where the text stands; text that is too wide stays as it is */
export function pad(text: string, width: number, side: 'left' | 'right'): string {
  const blank = ' '.repeat(Math.max(0, width - displayWidth(text)))
  return side === 'left' ? text + blank : blank + text
}

/** 1234567 → `1,234,567`. */
export function grouped(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',')
}

/** `1 row`, `2,000 rows`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${grouped(count)} ${count === 1 ? noun : plural}`
}

/** Three figures: `1.23M`, `45.6k`, `789`. */
export function rough(amount: number): string {
  for (const [unit, factor] of [
    ['G', 1e9],
    ['M', 1e6],
    ['k', 1e3],
  ] as const) {
    if (amount >= factor) return `${threeFigures(amount / factor)}${unit}`
  }
  return String(Math.round(amount))
}

function threeFigures(number: number): string {
  return number >= 100 ? number.toFixed(0) : number >= 10 ? number.toFixed(1) : number.toFixed(2)
}

/** Decimal units, as disks and networks are sold: `53.1 MB`. */
export function bytesText(bytes: number): string {
  const text = rough(bytes)
  const unit = /[kMG]$/.exec(text)?.[0] ?? ''
  return `${unit === '' ? text : text.slice(0, -1)} ${unit}B`
}

/** `0.35 s`, `12.3 s`, `2 min 5 s`, `1 h 2 min`. */
export function durationText(durationMs: number): string {
  const seconds = durationMs / 1000
  if (seconds < 10) return `${seconds.toFixed(2)} s`
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}

/** `0:07`, `12:34`, `1:02:03`: a clock that keeps its width while a bar is drawn. */
export function clockText(durationMs: number): string {
  const seconds = Math.max(0, Math.round(durationMs / 1000))
  const two = (number: number): string => String(number).padStart(2, '0')
  const minutes = Math.floor(seconds / 60)
  return minutes < 60
    ? `${minutes}:${two(seconds % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`
}

/** ` (did you mean a or b?)`, or nothing when no known name is near. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const names = nearestNames(name, [...known])
  return names.length === 0 ? '' : ` (did you mean ${names.join(' or ')}?)`
}
