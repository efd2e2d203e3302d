/*
  These tests compute the tables of docs/values.md; only the reasons are written by hand. UPDATE_DOCS=1 npx tap
  --disable-coverage test/oracle/values-doc.test.ts rewrites them.
*/
import { readFile } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { dataTypes, type DataType } from '../../src/protocol/data-type.js'
import { elementAt, vectorOf } from '../../src/protocol/element.js'
import { decodeRequest } from '../../src/protocol/request.js'
import type { Column, Value } from '../../src/protocol/value.js'
import { runDecoder, readerOf } from '../helpers/decoding.js'
import { root } from '../helpers/checkout.js'
import { decoded, encoded, scalar } from '../helpers/codec.js'
import { checkTable } from '../helpers/pages.js'
import { recordings } from '../helpers/recordings.js'
import { typeCases } from './cases.js'
import { test, type Client, type ClientObject } from './client.js'
import { clientVector, elementOfClient, elementOfOurs } from './elements.js'
import { reasons } from './reasons.js'
import { optionSpellings, spellings } from './spellings.js'

const manifest = JSON.parse(await readFile(new URL('test/oracle/package.json', root), 'utf8')) as {
  dependencies: { dolphindb: string }
}
const clientVersion = manifest.dependencies.dolphindb

type Form = 'scalar' | 'vector' | 'array'
const allForms: readonly Form[] = ['scalar', 'vector', 'array']

const typeNames = Object.keys(dataTypes) as DataType[]

/** The type with the scale that the cases use. */
const typeTextOf = (name: DataType): string =>
  typeCases.find(({ type }) => type.replace(/\(.*/, '') === name)?.type ?? name

/** A value of the type in that form; undefined if this project's codec cannot represent it. */
function valueOf(client: Client, name: DataType, form: Form): Value | undefined {
  const typeCase = typeCases.find(({ type }) => type.replace(/\(.*/, '') === name)
  try {
    if (typeCase !== undefined) {
      const elements = typeCase.samples.map(({ element }) => element)
      const isArray = form === 'array'
      const type = isArray ? `${typeCase.type}[]` : typeCase.type
      const column = clientVector(client, type, isArray ? [elements] : elements)
      const ours = decoded(column.pack()) as Column
      return form === 'scalar' ? elementAt(ours, 0) : ours
    }
    if (form === 'scalar') return scalarOf(name)
    const element = name === 'ANY' ? scalar('INT', 1) : name === 'VOID' ? null : 1
    return vectorOf(
      { type: name, array: form === 'array' },
      form === 'array' ? [[element]] : [element],
    )
  } catch {
    return undefined
  }
}

function scalarOf(name: DataType): Value | undefined {
  switch (dataTypes[name].category) {
    case 'nothing':
      return scalar(name, null)
    case 'system':
      return scalar(name, 'text', undefined)
    case 'temporal':
      return scalar(name, 1)
    default:
      return undefined
  }
}

/** The value after encoding and decoding; undefined if it cannot be sent. */
function throughCodec(value: Value | undefined): Value | undefined {
  if (value === undefined) return undefined
  try {
    const back = decoded(encoded(value))
    return isDeepStrictEqual(encoded(back), encoded(value)) ? back : undefined
  } catch {
    return undefined
  }
}

interface Found {
  readonly reads: boolean
  readonly writes: boolean
}

/** The value that the client reads from the bytes, and whether the client writes the same bytes. */
function throughClient(client: Client, value: Value): Found {
  const bytes = Uint8Array.from(encoded(value))
  let object: ClientObject
  try {
    object = client.DdbObj.parse(bytes, true)
  } catch {
    return { reads: false, writes: false }
  }
  const reads = sameElement(client, object, value)
  try {
    return { reads, writes: Buffer.from(bytes).equals(object.pack()) }
  } catch {
    return { reads, writes: false }
  }
}

function sameElement(client: Client, object: ClientObject, value: Value): boolean {
  const type = value.form === 'scalar' || value.form === 'vector' ? value.type : ''
  const isSystem = value.form === 'scalar' && dataTypes[value.type].category === 'system'
  // Types whose values are not elements as elements.ts defines them.
  if (type === 'VOID') return object.form === (value.form === 'scalar' ? 0 : 1)
  if (type === 'ANY') return (object.data() as unknown[]).length === 1
  if (isSystem && type !== 'DURATION') return object.data() === value.value
  return isDeepStrictEqual(elementOfClient(client, object), elementOfOurs(value))
}

/** The forms of each type in the recordings of a client; for example, `INT vector`. */
function recordedForms(client: 'cpp' | 'java'): Set<string> {
  const found = new Set<string>()
  const visit = (value: Value): void => {
    if (value.form === 'scalar') found.add(`${value.type} scalar`)
    else if (value.form === 'vector') {
      found.add(`${value.type} vector`)
      if (value.type === 'ANY') value.data.forEach(visit)
    } else if (value.form === 'arrayVector') found.add(`${value.cells.type} array`)
    else {
      found.add(value.form)
      if (value.form === 'table') value.columns.forEach(visit)
      if (value.form === 'dictionary') [value.keys, value.values].forEach(visit)
      if (value.form === 'pair' || value.form === 'set' || value.form === 'matrix') {
        visit(value.elements)
      }
    }
  }
  for (const recording of recordings.filter(each => each.client === client)) {
    const reader = readerOf(recording.bytes)
    for (;;) {
      const next = runDecoder(decodeRequest(reader))
      if (next === undefined) break
      if (next.request.kind === 'function') next.request.args.forEach(visit)
      if (next.request.kind === 'variable') next.request.values.forEach(visit)
    }
  }
  return found
}

const listed = (forms: readonly string[]): string => (forms.length === 0 ? '—' : forms.join(', '))

function clientText(client: Client, name: DataType): string {
  const can = (form: Form): Found | undefined => {
    const value = throughCodec(valueOf(client, name, form))
    return value === undefined ? undefined : throughClient(client, value)
  }
  const found = allForms.map(form => [form, can(form)] as const)
  const both = found.filter(([, each]) => each?.reads === true && each.writes)
  const readOnly = found.filter(([, each]) => each?.reads === true && !each.writes)
  const parts = [
    both.map(([form]) => form).join(', '),
    ...(readOnly.length > 0 ? [`reads only: ${readOnly.map(([form]) => form).join(', ')}`] : []),
  ].filter(text => text !== '')
  return parts.length === 0 ? 'no' : parts.join('; ')
}

const codeSpan = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``
const codeSpans = (texts: readonly string[]): string => texts.map(codeSpan).join(' ')

function spellingText(name: DataType): string {
  const known = spellings[typeTextOf(name)]
  if (known === undefined) return '—'
  const shown = known.accepted.map(([text]) => text).filter(text => !/[\n\s]$|^\s|\n/.test(text))
  return shown.map(codeSpan).join(' ')
}

function recordedText(name: string, cpp: Set<string>, java: Set<string>): string {
  const forms = allForms.filter(form => cpp.has(`${name} ${form}`) || java.has(`${name} ${form}`))
  const texts = forms.map(form => {
    const inBoth = cpp.has(`${name} ${form}`) && java.has(`${name} ${form}`)
    return inBoth ? form : `${form} (${cpp.has(`${name} ${form}`) ? 'C++' : 'Java'})`
  })
  return listed(texts)
}

const otherForms = ['pair', 'set', 'matrix', 'dictionary', 'table'] as const

/** A value of a form whose elements have other types. */
function formValue(form: (typeof otherForms)[number]): Value {
  const two = vectorOf({ type: 'INT' }, [1, 2]) as Extract<Column, { form: 'vector' }>
  switch (form) {
    case 'pair':
    case 'set':
      return { form, elements: two }
    case 'matrix':
      return { form, rows: 1, columns: 2, elements: two, columnLabels: two }
    case 'dictionary':
      return { form, keys: two, values: two }
    case 'table':
      return { form, name: '', rows: 2, columnNames: ['a'], columns: [two] }
  }
}

function formRow(client: Client, form: (typeof otherForms)[number], has: Set<string>[]): string[] {
  const value = throughCodec(formValue(form))
  const found = value && sameForm(client, value)
  const by = [...(has[0]!.has(form) ? ['C++'] : []), ...(has[1]!.has(form) ? ['Java'] : [])]
  return [form, value === undefined ? 'no' : 'yes', listed(by), found ? 'yes' : 'no']
}

function sameForm(client: Client, value: Value): boolean {
  const bytes = Uint8Array.from(encoded(value))
  return Buffer.from(bytes).equals(client.DdbObj.parse(bytes, true).pack())
}

const refusedText = (name: DataType): string => {
  const { refused } = spellings[typeTextOf(name)]!
  return refused.length === 0 ? '—' : codeSpans(refused)
}

/** The tables of the page by the name in their marks. */
function tables(client: Client): Readonly<Record<string, readonly (readonly string[])[]>> {
  const cpp = recordedForms('cpp')
  const java = recordedForms('java')
  return {
    texts: [
      ['type', 'is a value', 'is not'],
      ...typeNames
        .filter(name => spellings[typeTextOf(name)] !== undefined)
        .map(name => [typeTextOf(name), spellingText(name), refusedText(name)]),
    ],
    options: [
      ['options', 'type', 'is a value', 'is not'],
      ...optionSpellings.map(({ type, flags, accepted, refused }) => [
        codeSpan(flags),
        type,
        codeSpans(accepted.map(([text]) => text)),
        codeSpans(refused),
      ]),
    ],
    types: [
      ['type', 'codec', 'recorded', `JavaScript client ${clientVersion}`],
      ...typeNames.map(name => {
        const codec = allForms.filter(
          form => throughCodec(valueOf(client, name, form)) !== undefined,
        )
        return [name, listed(codec), recordedText(name, cpp, java), clientText(client, name)]
      }),
    ],
    forms: [
      ['other form', 'codec', 'recorded', 'JavaScript client'],
      ...otherForms.map(form => formRow(client, form, [cpp, java])),
    ],
    reasons: [['what', 'why'], ...Object.entries(reasons)],
  }
}

test('docs/values.md shows what is found', async (t, client) => {
  for (const [name, rows] of Object.entries(tables(client))) {
    const begin = `<!-- ${name}: written by test/oracle/values-doc.test.ts -->\n`
    checkTable(t, 'docs/values.md', [begin, `<!-- end of ${name} -->`], rows)
  }
})

test('a type that no other program confirms has a reason', async (t, client) => {
  const cpp = recordedForms('cpp')
  const java = recordedForms('java')
  for (const name of typeNames) {
    const isRecorded = recordedText(name, cpp, java) !== '—'
    const isKnown = clientText(client, name) !== 'no'
    t.ok(isRecorded || isKnown || reasons[name] !== undefined, name)
  }
})

test('docs/reliability.md names the version of the client that is installed', async t => {
  const text = await readFile(new URL('docs/reliability.md', root), 'utf8')
  t.ok(text.includes(`| ${clientVersion} |`))
})
