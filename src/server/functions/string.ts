/*
  Functions of text. Of a vector every element is taken by itself; nulls are '' (DolphinDB manual, pages of each name).
*/
import { vectorOf } from '../../protocol/element.js'
import type { Vector } from '../../protocol/value.js'
import type { BuiltinArguments, Builtin } from '../script/builtin.js'
import { ScriptError } from '../script/builtin.js'
import { operandOf } from '../script/operators/shape.js'
import { isLiteral, textsOfVector } from '../script/operators/text.js'
import { intScalar, stringScalar, stringVector, textOf, textsOf } from '../script/scalar.js'
import type { ServerValue } from '../script/values.js'
import { tupleOf } from '../script/vector-literal.js'
import { integerArgument, textArgument } from './arguments.js'
import { alias, binaryFunction, defineFunction, unaryFunction } from './define.js'

/** Applies `compute` to each text; what comes out keeps the form of what went in. */
function mapTexts(
  value: ServerValue,
  name: string,
  compute: (text: string) => string,
): ServerValue {
  const operand = textOperand(value, name)
  const data = textsOfVector(operand.vector).map(compute)
  const type = operand.vector.type === 'SYMBOL' ? 'SYMBOL' : 'STRING'
  return operand.rebuild(vectorOf({ type }, data) as Vector)
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
  return unaryFunction(name, value => mapTexts(value, name, compute))
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
  return binaryFunction(name, (value, number) => {
    const n = integerArgument(number, 'n')
    return mapTexts(value, name, text => compute(text, n))
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
    (_, [value, lengthArgument, fill]) => {
      const length = integerArgument(lengthArgument, 'length')
      const pattern = fill === undefined ? ' ' : textArgument(fill, 'pattern')
      return mapTexts(value!, name, text => pad(text.slice(0, length), length, pattern))
    },
  )
}

/** split(str, [delimiter]): STRING vector, or single characters without a delimiter. */
const split = defineFunction('split', ['str', 'delimiter'], 1, (_, [value, delimiter]) => {
  const texts = textsOf(value)
  if (texts === undefined) throw new ScriptError('split: str must be a string.')
  const parts = texts.map(text => splitText(text, delimiter))
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
const concat = defineFunction('concat', ['X', 'Y'], 1, (_, [value, separator]) => {
  const between = separator === undefined ? '' : (textOf(separator) ?? printable(separator))
  if (value!.form === 'vector') return stringScalar(textsOfVector(value!).join(between))
  return stringScalar(printable(value!) + between)
})

function printable(value: ServerValue): string {
  return textOf(value) ?? textsOfVector(operandOf(value, 'concat').vector).join('')
}

/** substr(str, offset, [length]) */
const substr = defineFunction('substr', ['str', 'offset', 'length'], 2, (_, args) => {
  const [value, offsetArgument, lengthArgument] = args
  const offset = integerArgument(offsetArgument, 'offset')
  const length = integerArgument(lengthArgument, 'length', Infinity)
  if (offset < 0) throw new ScriptError('The argument [offset] must not be negative.')
  return mapTexts(value!, 'substr', text => text.slice(offset, offset + length))
})

/** strReplace(str, pattern, replacement): every occurrence, as plain text. */
const strReplace = defineFunction('strReplace', ['str', 'pattern', 'replacement'], 3, (_, args) => {
  const pattern = textArgument(args[1], 'pattern')
  const replacement = textArgument(args[2], 'replacement')
  return mapTexts(args[0]!, 'strReplace', text =>
    pattern === '' ? text : text.replaceAll(pattern, () => replacement),
  )
})

function expressionArgument(value: ServerValue | undefined, flags: string): RegExp {
  const source = textArgument(value, 'pattern')
  try {
    return new RegExp(source, flags)
  } catch {
    throw new ScriptError(`The pattern [${source}] is not a regular expression.`)
  }
}

const regexReplace = defineFunction(
  'regexReplace',
  ['str', 'pattern', 'replacement', 'offset'],
  3,
  (_, args) => {
    const expression = expressionArgument(args[1], 'g')
    const replacement = textArgument(args[2], 'replacement')
    const offset = integerArgument(args[3], 'offset', 0)
    return mapTexts(args[0]!, 'regexReplace', text => {
      return text.slice(0, offset) + text.slice(offset).replace(expression, replacement)
    })
  },
)

/** Position of the first match, −1 without one; or how many matches there are. */
function regexNumber(name: string, count: (text: string, expression: RegExp) => number): Builtin {
  return defineFunction(name, ['str', 'pattern', 'offset'], 2, (_, args: BuiltinArguments) => {
    const expression = expressionArgument(args[1], 'g')
    const offset = integerArgument(args[2], 'offset', 0)
    const operand = textOperand(args[0]!, name)
    const data = Int32Array.from(textsOfVector(operand.vector), text => {
      expression.lastIndex = 0
      const found = count(text.slice(offset), expression)
      return name === 'regexFind' && found >= 0 ? found + offset : found
    })
    return operand.rebuild({ form: 'vector', type: 'INT', length: data.length, data })
  })
}

const repeat = cutting('repeat', (text, n) => {
  if (n < 0 || text.length * n > 2 ** 26) throw new ScriptError('repeat: n is out of range.')
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
const strip = textFunction('strip', text => text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ''))

export const stringFunctions: readonly Builtin[] = [
  upper,
  alias(upper, 'toUpper'),
  lower,
  alias(lower, 'toLower'),
  strlen,
  measure('strlenu', text => [...text].length),
  strip,
  textFunction('trim', text => text.replace(/^ +| +$/g, '')),
  textFunction('ltrim', text => text.replace(/^ +/, '')),
  textFunction('rtrim', text => text.replace(/ +$/, '')),
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
  regexNumber('regexFind', (text, expression) => text.search(expression)),
  regexNumber('regexCount', (text, expression) => text.match(expression)?.length ?? 0),
]
