/*
  Digests of the options that all processes of a plan must share, because they determine the rows. Address and login may differ.
*/
import { createHash } from 'node:crypto'
import { textOf } from '../journal/portable-options.js'
import type { LoadOptions } from '../options.js'

/** Digest of the options that determine where records end; undefined options count as left out. */
export function readingDigest(input: LoadOptions['input']): string {
  return digest(without([...others, ...ofPaths], input))
}

/** Digest of the options that determine how records become rows of a target. */
export function loadingDigest({ target, input, mapping = {}, cells = {} }: LoadOptions): string {
  const { create: _, ...rows } = target
  return digest({ target: rows, input: without(others, input), mapping, cells })
}

/** Options that may differ between processes, and those that choose the inputs. */
const others = ['flushIntervalMs', 'threads', 'stdin', 'limit', 'include', 'members']
/** Options that do not change where records end. */
const ofPaths = ['path', 'pathUnmatched']

function without(names: readonly string[], input: LoadOptions['input'] = {}): object {
  return Object.fromEntries(Object.entries(input).filter(([name]) => !names.includes(name)))
}

function digest(options: object): string {
  return createHash('sha256').update(textOf(options)).digest('hex').slice(0, 32)
}
