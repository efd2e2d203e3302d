/* The seeds of fuzzing: valid bytes of every kind, and inputs that once failed. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  checksumDigits,
  recordLine,
  type JournalRecord,
} from '../../src/load/journal/journal-record.js'
import { dialects, types } from '../parse/any-input.js'
import {
  batchRecord,
  endedRecord,
  endRecord,
  inputsRecord,
  processRecord,
  runRecord,
  targetRecord,
} from '../helpers/journals.js'
import { recordings } from '../helpers/recordings.js'
import {
  bombFrame,
  checked,
  rawFrame,
  skippableFrame,
  table,
  unchecked,
  zeros,
} from '../source/compression/zstd.js'

export const targets = ['codec', 'csv', 'json', 'journal', 'zstd'] as const

export type Target = (typeof targets)[number]

const kept = fileURLToPath(new URL('kept/', import.meta.url))
const fixtures = new URL('../../fixtures/', import.meta.url)

/** Inputs that once made a target fail. */
export function keptInputs(target: Target): readonly Buffer[] {
  const folder = join(kept, target)
  if (!existsSync(folder)) return []
  return readdirSync(folder).map(name => readFileSync(join(folder, name)))
}

const texts: Readonly<Record<'csv' | 'json', readonly string[]>> = {
  csv: [
    '',
    'a,b,c\n1,x,y\n2,"x ""y""",z\n',
    'a\tb\tc\r\n1\tx\ty\r\n',
    'a||b||c\n1||"x"||y\n',
    '1;x;2020-01-02\n#comment\n2;x;\n',
    'a,b,c\n1.5,2020-01-02T03:04:05.678,5d212a78-cc48-e3b1-4235-b4d91473ee87\n',
    'a,b,c\n2020-01-02,1.2.3.4,"(1, 2)"\n"',
    'a,b,c\n9223372036854775807,"[1,2,3]",\\"\n\n\n',
  ],
  json: [
    '{"a":1,"b":"x","c":"y"}\n{"a":null,"b":"\\u00e9\\n","c":[1,2]}\n',
    '[{"a":1,"b":"x"},{"c":{"d":[1,{"e":2}]}}]',
    '[[1,"x","y"],[2,"\\ud83d\\ude00",1e400]]',
    '{"a":1.50,"b":true,"c":false}',
    '{"data":[{"a":1}]}',
  ],
}

/** Valid inputs of a target, and inputs that once made it fail. */
export function seedsOf(target: Target): readonly Buffer[] {
  return [...goodInputs(target), ...keptInputs(target)]
}

function goodInputs(target: Target): readonly Buffer[] {
  switch (target) {
    case 'codec':
      return recordings
        .filter(({ bytes }) => bytes.length < 4_000)
        .map(({ bytes }) => Buffer.concat([Buffer.of(3, 200), bytes]))
    case 'csv':
      return chosen([...texts.csv, fixture('csv/trades-with-bad-rows.csv').slice(0, 400)])
    case 'json':
      return chosen([...texts.json, fixture('json/trades.ndjson').slice(0, 400)])
    case 'journal':
      return journals.map(records =>
        Buffer.concat([Buffer.of(200), recordsOf(records.map(recordLine).join(''))]),
      )
    case 'zstd':
      return [unchecked, checked, zeros, table, rawFrame(Buffer.from('a')), bombFrame(1, 2)]
        .flatMap(frame => [frame, Buffer.concat([skippableFrame(Buffer.from('no')), frame])])
        .map(frame => Buffer.concat([Buffer.of(200), frame]))
  }
}

const begun: readonly JournalRecord[] = [
  runRecord('x'),
  processRecord(1),
  inputsRecord,
  targetRecord,
  { kind: 'input', input: 0, detected: 'csv' },
  batchRecord(1),
]
/** A run that was killed, one that has finished, and one that another process continues. */
const journals: readonly (readonly JournalRecord[])[] = [
  begun,
  [...begun, endedRecord(1), endRecord()],
  [...begun, endedRecord(1, 5), endRecord({ isDone: false }), processRecord(2), batchRecord(2)],
]

const fixture = (name: string): string => readFileSync(new URL(name, fixtures), 'utf8')

/** The records of the journal without checksums, with the run ID that the fuzz target expects. */
function recordsOf(journal: string): Buffer {
  const records = journal.split('\n').map(line => line.slice(checksumDigits + 1))
  return Buffer.from(records.join('\n').replace(/("runId":)"[^"]*"/g, '$1"x"'))
}

/** Each text with each dialect and with one choice of columns. */
function chosen(inputs: readonly string[]): readonly Buffer[] {
  return inputs.flatMap((text, i) =>
    dialects.map((_, dialect) =>
      Buffer.concat([Buffer.of(dialect, (i + dialect) % types.length, 200), Buffer.from(text)]),
    ),
  )
}
