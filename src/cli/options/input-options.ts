/*
  The options of `load` about its input: how it is read, mapped, and turned into values.
*/
import { inputFormats } from '../../parse/formats.js'
import { compressions } from '../../source/byte-source.js'
import type { OnError } from '../../load/options.js'
import type { CellOptions } from '../../parse/cell-rules.js'
import { optionGroup } from './reading/definition.js'
import {
  anyText,
  booleans,
  character,
  characterOrNone,
  choice,
  count,
  dateFormats,
  delimiter,
  encoding,
  limit,
  lineStart,
  onOff,
  pairs,
  recordSize,
  repeated,
  text,
} from './reading/readers.js'

const inputFormat = choice('auto', ...inputFormats)

export const inputOptions = optionGroup('Input', {
  format: {
    flags: '-f, --format <format>',
    help: inputFormat.expected,
    reader: inputFormat,
    defaultNote: 'auto',
    field: 'input.format',
  },
  filesFrom: {
    flags: '--files-from <file>',
    help: 'file that lists the inputs; - for standard input',
    reader: text,
  },
  include: {
    flags: '--include <glob>',
    help: 'which files of a folder or zip archive are data, such as *.txt; repeatable',
    reader: repeated(text),
    defaultNote: 'those with a known extension',
    field: 'input.include',
  },
  path: {
    flags: '--path <pattern>',
    help: 'name the parts of a path, such as {day}/{symbol}.csv; hive reads folders such as day=…',
    reader: text,
    field: 'input.path',
  },
  follow: {
    flags: '--follow',
    help: 'keep reading as files grow, rotate and appear, until a signal arrives',
    reader: onOff,
    field: 'input.follow',
  },
  compression: {
    flags: '--compression <kind>',
    help: 'auto, none, gzip, zstd or brotli',
    reader: choice('auto', ...compressions),
    defaultNote: 'auto',
    field: 'input.compression',
  },
  encoding: {
    flags: '--encoding <name>',
    help: 'auto, utf-8, gb18030, gbk, big5, shift_jis, utf-16le, latin1, …',
    reader: encoding,
    defaultNote: 'auto: byte order mark, else UTF-8',
    field: 'input.encoding',
  },
  delimiter: {
    flags: '-d, --delimiter <text>',
    help: 'text between fields; \\t is a tab',
    reader: delimiter,
    defaultNote: 'detected in the first 1 MiB',
    field: 'input.delimiter',
  },
  quote: {
    flags: '--quote <char>',
    help: "character around fields; '' for none",
    reader: characterOrNone,
    defaultNote: 'detected, usually "',
    field: 'input.quote',
  },
  escape: {
    flags: '--escape <char>',
    help: 'character before a quote inside a field',
    reader: character,
    defaultNote: 'detected, usually the quote itself',
    field: 'input.escape',
  },
  comment: {
    flags: '--comment <text>',
    help: 'ignore lines that start with this text',
    reader: lineStart,
    field: 'input.comment',
  },
  header: {
    flags: '--header <when>',
    help: 'whether the first record is a header: auto, yes or no',
    reader: choice('auto', 'yes', 'no'),
    defaultNote: "auto: compares it with the target's columns",
    field: 'input.header',
  },
  ragged: {
    flags: '--ragged <what>',
    help: 'records with missing or extra fields: reject, pad or cut',
    reader: choice('reject', 'pad', 'cut'),
    defaultNote: 'reject',
    field: 'input.ragged',
  },
  trim: {
    flags: '--trim',
    help: 'ignore blanks around quoted fields',
    reader: onOff,
    field: 'input.trim',
  },
  quotes: {
    flags: '--quotes <how>',
    help: 'quotes inside unquoted fields: strict rejects them, lax reads them as text',
    reader: choice('strict', 'lax'),
    defaultNote: 'strict',
    field: 'input.quotes',
  },
  maxRecordBytes: {
    flags: '--max-record-bytes <size>',
    help: 'reject longer records',
    reader: recordSize,
    defaultNote: '16Mi',
    field: 'input.maxRecordBytes',
  },
  skipLines: {
    flags: '--skip-lines <n>',
    help: 'skip this many lines at the start',
    reader: count(0),
    field: 'input.skipLines',
  },
  limit: {
    flags: '--limit <n>',
    help: 'read at most n records',
    reader: count(0),
    field: 'input.limit',
  },
  jsonPath: {
    flags: '--json-path <path>',
    help: 'path of the records inside a JSON document, such as data.items',
    reader: text,
    field: 'input.jsonPath',
  },
  arrayDelimiter: {
    flags: '--array-delimiter <char>',
    help: 'character between the elements of an array column',
    reader: character,
    field: 'input.arrayDelimiter',
  },
})

export const mappingOptions = optionGroup('Mapping', {
  match: {
    flags: '--match <how>',
    help: 'match columns by name or by position',
    reader: choice('name', 'position'),
    defaultNote: 'name if there is a header',
    field: 'mapping.match',
  },
  map: {
    flags: '-m, --map <target=source>',
    help: 'fill a target column from this input column; repeatable',
    reader: pairs('TARGET=SOURCE'),
    field: 'mapping.map',
  },
  set: {
    flags: '--set <target=value>',
    help: 'fill a target column with this text; {NAME} inserts a column, a part of --path, filename, dirname, path or line; repeatable',
    reader: pairs('TARGET=VALUE'),
    field: 'mapping.set',
  },
  ignoreExtra: {
    flags: '--ignore-extra',
    help: 'ignore input columns that the target lacks',
    reader: onOff,
    field: 'mapping.ignoreExtra',
  },
  allowMissing: {
    flags: '--allow-missing',
    help: 'load null into target columns without input',
    reader: onOff,
    field: 'mapping.allowMissing',
  },
})

export const valueOptions = optionGroup('Values', {
  null: {
    flags: '--null <text>',
    help: 'this text means null, as an empty field does; repeatable',
    reader: repeated(anyText),
    field: 'cells.nullTexts',
  },
  dateFormat: {
    flags: '--date-format <column=format>',
    help: "format in DolphinDB's symbols, epoch:s|ms|us|ns or excel; without COLUMN= for every column; repeatable",
    reader: dateFormats,
    field: 'cells.dateFormats',
  },
  timezone: {
    flags: '--timezone <zone>',
    help: 'time zone of the stored times; none: as written, also if a column has different offsets',
    reader: text,
    defaultNote: 'as written; rows with a different offset are rejected',
    field: 'cells.timeZone',
  },
  thousands: {
    flags: '--thousands <char>',
    help: 'character between groups of three digits',
    reader: character,
    field: 'cells.thousands',
  },
  decimalComma: {
    flags: '--decimal-comma',
    help: 'numbers have a decimal comma',
    reader: onOff,
    field: 'cells.decimalComma',
  },
  percent: {
    flags: '--percent <column>',
    help: 'this column holds percentages such as 12.5%; repeatable',
    reader: repeated(text),
    field: 'cells.percentColumns',
  },
  booleans: {
    flags: '--booleans <true/false>',
    help: 'these texts mean true and false, such as Y/N; repeatable',
    reader: booleans,
    fields: (cells: Pick<CellOptions, 'trueTexts' | 'falseTexts'>) => ({ cells }),
  },
})

export const badRowOptions = optionGroup('Bad rows', {
  onError: {
    flags: '--on-error <what>',
    help: 'for a bad row: stop the run, skip the row, or quarantine (save) it; null loads null for each bad cell',
    reader: choice('stop', 'skip', 'quarantine', 'null'),
    defaultNote: 'quarantine with --rejects, else stop',
    fields: (onError: OnError | 'null') =>
      onError === 'null' ? { cells: { lenient: true } } : { rejects: { onError } },
  },
  maxErrors: {
    flags: '--max-errors <n|n%>',
    help: 'stop when more than this many rows are rejected',
    reader: limit,
    defaultNote: '100',
    field: 'rejects.maxErrors',
  },
  rejects: {
    flags: '--rejects <file>',
    help: 'save rejected rows here, for repair and retry',
    reader: text,
    field: 'rejects.file',
  },
})
