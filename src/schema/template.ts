/* Templates of `mapping.set`: in `{symbol}.SZ`, braces take the text of a column or path part. `{{` means an opening brace. */
import { option, usageError } from '../errors.js'

export type TemplatePart = { readonly text: string } | { readonly name: string }

/** @param target  the column that the template fills, for messages @throws {UsageError} DDB_USAGE for an unclosed brace, or empty braces */
export function templateParts(text: string, target: string): readonly TemplatePart[] {
  const parts: TemplatePart[] = []
  let literal = ''
  for (let at = 0; at < text.length; at++) {
    const c = text[at]!
    if (c !== '{') literal += c
    else if (text[at + 1] === '{') {
      literal += c
      at++
    } else {
      const close = text.indexOf('}', at)
      const name = text.slice(at + 1, close)
      if (close < 0 || name === '') {
        const what = close < 0 ? 'a "{" without a "}"' : 'braces with nothing in them'
        throw usageError(
          `${option('mapping.set')} ${target}=${text} has ${what}: {NAME} stands for a column or a part of the path, {{ for an opening brace`,
        )
      }
      if (literal !== '') parts.push({ text: literal })
      literal = ''
      parts.push({ name })
      at = close
    }
  }
  if (literal !== '') parts.push({ text: literal })
  return parts
}

/** The text of a template without names; undefined if the template has names. */
export function constantOf(parts: readonly TemplatePart[]): string | undefined {
  const texts = parts.flatMap(part => ('text' in part ? [part.text] : []))
  return texts.length === parts.length ? texts.join('') : undefined
}

/** The template that gives exactly this text. */
export function literalTemplate(text: string): string {
  return text.replaceAll('{', '{{')
}

export function templateNames(set: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries(set).flatMap(([target, text]) =>
    templateParts(text, target).flatMap(part => ('name' in part ? [part.name] : [])),
  )
}
