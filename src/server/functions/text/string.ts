/*
  Functions of text. Of a vector every element is taken by itself; nulls are '' (DolphinDB manual, pages of each name).
*/
import { vectorOf } from '../../../protocol/element.js'
import type { Vector } from '../../../protocol/value.js'
import type { BuiltinArguments, Builtin, CallContext } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { operandOf } from '../../operators/operands/pairing.js'
import { isLiteral, maxTextLength, textsOfVector } from '../../operators/operands/operand-texts.js'
import { checkAtOnce } from '../../values/pieces.js'
import { intScalar, stringScalar, stringVector, textOf, textsOf } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { tupleOf } from '../../values/vector-literal.js'
import { integerArgument, textArgument } from '../arguments.js'
import { alias, binaryFunction, defineFunction, unaryFunction } from '../define.js'
import { RegularExpression } from './regular-expression.js'

/** Applies `compute` to each text; what comes out keeps the form of what went in. */
function mapTexts(
  { memory }: CallContext,
  value: ServerValue,
  name: string,
  compute: (text: string) => string,
): ServerValue {
  const operand = textOperand(value, name)
  let bytes = 0
  const data = textsOfVector(operand.vector).map(text => {
    const made = compute(text)
    bytes += 2 * made.length
    memory.expect(bytes)
    return made
  })
  const type = operand.vector.type === 'SYMBOL' ? 'SYMBOL' : 'STRING'
  return operand.rebuild(vectorOf({ type }, data) as Vector)
}

/** @throws {ScriptError} for a text that is longer than functions make them */
function checkLength(name: string, length: number): void {
  if (length <= maxTextLength) return
  throw new ScriptError(`${name}: a text must not be longer than ${maxTextLength} characters.`)
}

function textOperand(value: ServerValue, name: string): ReturnType<typeof operandOf> {
  const operand = operandOf(value, name)
  const { type } = operand.vector
  if (!isLiteral(type) && type !== 'CHAR' && type !== 'VOID') {
    throw new ScriptError(`${name}: X must be a string or a vector of strings.`)
  }
  return operand
}

function textFunction(name: string, compute: (text: string) => string): Builtin {
  return unaryFunction(name, (value, context) => mapTexts(context, value, name, compute))
}

/** A number for each text. */
function measure(name: string, compute: (text: string) => number): Builtin {
  return unaryFunction(name, value => {
    const operand = textOperand(value, name)
    const data = Int32Array.from(textsOfVector(operand.vector), compute)
    return operand.rebuild({ form: 'vector', type: 'INT', length: data.length, data })
  })
}

/** Functions of a text and a number, `left(X, n)`. */
function cutting(name: string, compute: (text: string, n: number) => string): Builtin {
  return binaryFunction(name, (value, number, context) => {
    const n = integerArgument(number, 'n')
    return mapTexts(context, value, name, text => compute(text, n))
  })
}

/** Functions that ask something of two texts, `startsWith(X, str)`. */
function asking(name: string, ask: (text: string, other: string) => boolean): Builtin {
  return binaryFunction(name, (value, otherArgument) => {
    const other = textArgument(otherArgument, 'str')
    const operand = textOperand(value, name)
    const data = Int8Array.from(textsOfVector(operand.vector), text => (ask(text, other) ? 1 : 0))
    return operand.rebuild({ form: 'vector', type: 'BOOL', length: data.length, data })
  })
}

function padded(
  name: string,
  pad: (text: string, length: number, fill: string) => string,
): Builtin {
  return defineFunction(
    name,
    ['str', 'length', 'pattern'],
    2,
    (context, [value, lengthArgument, fill]) => {
      const length = integerArgument(lengthArgument, 'length')
      checkLength(name, length)
      const pattern = fill === undefined ? ' ' : textArgument(fill, 'pattern')
      return mapTexts(context, value!, name, text => pad(text.slice(0, length), length, pattern))
    },
  )
}

const bytesPerPart = 32

/** split(str, [delimiter]): STRING vector, or single characters without a delimiter. */
const split = defineFunction('split', ['str', 'delimiter'], 1, (context, [value, delimiter]) => {
  const texts = textsOf(value)
  if (texts === undefined) throw new ScriptError('split: str must be a string.')
  let count = 0
  const parts = texts.map(text => {
    // As many pieces as it has characters, at the most.
    count += text.length
    context.memory.expect(count * bytesPerPart)
    return splitText(text, delimiter)
  })
  return parts.length === 1 && value!.form === 'scalar' ? parts[0]! : tupleOf(parts)
})

function splitText(text: string, delimiter: ServerValue | undefined): Vector {
  if (delimiter === undefined) {
    const data = Int8Array.from(text, char => char.charCodeAt(0))
    return { form: 'vector', type: 'CHAR', length: data.length, data }
  }
  return stringVector(text === '' ? [] : text.split(textArgument(delimiter, 'delimiter')))
}

/** concat(X, [Y]): texts one behind the other, Y between the elements of a vector. */
const concat = defineFunction(
  'concat',
  ['X', 'Y'],
  1,
  (_, [value, separator]) => {
    checkAtOnce('concat', [value, separator])
    const between = separator === undefined ? '' : (textOf(separator) ?? printable(separator))
    if (value!.form === 'vector') return stringScalar(joined(textsOfVector(value!), between))
    return stringScalar(printable(value!) + between)
  },
  { pace: 'own' },
)

function printable(value: ServerValue): string {
  return textOf(value) ?? joined(textsOfVector(operandOf(value, 'concat').vector), '')
}

function joined(texts: readonly string[], between: string): string {
  const length = texts.reduce((sum, text) => sum + text.length + between.length, 0)
  checkLength('concat', length)
  return texts.join(between)
}

/** substr(str, offset, [length]) */
const substr = defineFunction('substr', ['str', 'offset', 'length'], 2, (context, args) => {
  const [value, offsetArgument, lengthArgument] = args
  const offset = integerArgument(offsetArgument, 'offset')
  const length = integerArgument(lengthArgument, 'length', Infinity)
  if (offset < 0) throw new ScriptError('The argument [offset] must not be negative.')
  return mapTexts(context, value!, 'substr', text => text.slice(offset, offset + length))
})

/** strReplace(str, pattern, replacement): every occurrence, as plain text. */
const strReplace = defineFunction(
  'strReplace',
  ['str', 'pattern', 'replacement'],
  3,
  (context, args) => {
    const pattern = textArgument(args[1], 'pattern')
    const replacement = textArgument(args[2], 'replacement')
    const growth = replacement.length - pattern.length
    return mapTexts(context, args[0]!, 'strReplace', text => {
      if (pattern === '') return text
      checkLength('strReplace', text.length + growth * occurrences(text, pattern))
      return text.replaceAll(pattern, () => replacement)
    })
  },
)

function occurrences(text: string, pattern: string): number {
  let count = 0
  for (let at = text.indexOf(pattern); at >= 0; at = text.indexOf(pattern, at + pattern.length)) {
    count++
  }
  return count
}

const regexReplace = defineFunction(
  'regexReplace',
  ['str', 'pattern', 'replacement', 'offset'],
  3,
  (context, args) => {
    const expression = new RegularExpression(textArgument(args[1], 'pattern'))
    const replacement = textArgument(args[2], 'replacement')
    const offset = integerArgument(args[3], 'offset', 0)
    const texts = textsOfVector(textOperand(args[0]!, 'regexReplace').vector)
    const replaced = expression.replace(
      texts.map(text => text.slice(offset)),
      replacement,
    )
    let row = 0
    return mapTexts(context, args[0]!, 'regexReplace', text => {
      const made = text.slice(0, offset) + replaced[row++]!
      checkLength('regexReplace', made.length)
      return made
    })
  },
)

/** Position of the first match, −1 without one; or how many matches there are. */
function regexNumber(name: string, task: 'search' | 'count'): Builtin {
  return defineFunction(name, ['str', 'pattern', 'offset'], 2, (_, args: BuiltinArguments) => {
    const expression = new RegularExpression(textArgument(args[1], 'pattern'))
    const offset = integerArgument(args[2], 'offset', 0)
    const operand = textOperand(args[0]!, name)
    const found = expression[task](textsOfVector(operand.vector).map(text => text.slice(offset)))
    const data = Int32Array.from(found, one => (task === 'search' && one >= 0 ? one + offset : one))
    return operand.rebuild({ form: 'vector', type: 'INT', length: data.length, data })
  })
}

const repeat = cutting('repeat', (text, n) => {
  if (n < 0) throw new ScriptError('repeat: n is out of range.')
  checkLength('repeat', text.length * n)
  return text.repeat(n)
})

function capitals(text: string): string {
  return text
    .toLowerCase()
    .replace(/(^|[^\p{L}\p{N}])(\p{L})/gu, (_, before: string, first: string) => {
      return before + first.toUpperCase()
    })
}

const upper = textFunction('upper', text => text.toUpperCase())
const lower = textFunction('lower', text => text.toLowerCase())
const strlen = measure('strlen', text => Buffer.byteLength(text))
const blanks = ' \t\r\n'
const strip = textFunction('strip', text => trimmed(text, blanks, blanks))

/** Without what stands at its beginning and its end of these characters; looks at no character twice. */
function trimmed(text: string, left: string, right: string): string {
  let start = 0
  let end = text.length
  while (start < end && left.includes(text[start]!)) start++
  while (end > start && right.includes(text[end - 1]!)) end--
  return text.slice(start, end)
}

/** Characters, each pair of surrogates counted as one. */
function characterCount(text: string): number {
  let count = 0
  for (let at = 0; at < text.length; count++) at += text.codePointAt(at)! > 0xffff ? 2 : 1
  return count
}

export const stringFunctions: readonly Builtin[] = [
  upper,
  alias(upper, 'toUpper'),
  lower,
  alias(lower, 'toLower'),
  strlen,
  measure('strlenu', characterCount),
  strip,
  textFunction('trim', text => trimmed(text, ' ', ' ')),
  textFunction('ltrim', text => trimmed(text, ' ', '')),
  textFunction('rtrim', text => trimmed(text, '', ' ')),
  textFunction('initcap', capitals),
  cutting('left', (text, n) => text.slice(0, Math.max(0, n))),
  cutting('right', (text, n) => (n <= 0 ? '' : text.slice(-n))),
  repeat,
  padded('lpad', (text, length, fill) => text.padStart(length, fill)),
  padded('rpad', (text, length, fill) => text.padEnd(length, fill)),
  asking('startsWith', (text, other) => text.startsWith(other)),
  asking('endsWith', (text, other) => text.endsWith(other)),
  binaryFunction('strpos', (value, other) => {
    const wanted = textArgument(other, 'str')
    return intScalar(textArgument(value, 'X').indexOf(wanted))
  }),
  split,
  concat,
  substr,
  alias(substr, 'substru'),
  strReplace,
  regexReplace,
  regexNumber('regexFind', 'search'),
  regexNumber('regexCount', 'count'),
]
