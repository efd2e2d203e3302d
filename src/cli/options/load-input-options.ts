/*
  The options of `load` about its input: how it is read, mapped, and turned into values.
*/
import type {
  BadRowSettings,
  InputSettings,
  MappingSettings,
  ValueSettings,
} from './load-settings.js'
import type { OptionTable } from './definition.js'
import {
  anyText,
  character,
  characterOrNone,
  choice,
  count,
  delimiter,
  limit,
  onOff,
  pairs,
  repeated,
  text,
} from './values.js'

/** How the input is read. */
export const inputOptions: OptionTable<InputSettings> = {
  format: {
    flags: '-f, --format <format>',
    group: 'Input',
    help: 'auto, csv, tsv, ndjson or json',
    reader: choice('auto', 'csv', 'tsv', 'ndjson', 'json'),
    default: 'auto',
  },
  compression: {
    flags: '--compression <kind>',
    group: 'Input',
    help: 'auto, none or gzip',
    reader: choice('auto', 'none', 'gzip'),
    default: 'auto',
  },
  delimiter: {
    flags: '-d, --delimiter <text>',
    group: 'Input',
    help: 'between fields; \\t is a tab',
    reader: delimiter,
    defaultNote: 'found in the first lines',
  },
  quote: {
    flags: '--quote <char>',
    group: 'Input',
    help: "around fields; '' for none",
    reader: characterOrNone,
    defaultNote: '"',
  },
  escape: {
    flags: '--escape <char>',
    group: 'Input',
    help: 'before a quote inside a field',
    reader: character,
    defaultNote: 'the quote itself',
  },
  comment: {
    flags: '--comment <char>',
    group: 'Input',
    help: 'lines that start with it are left out',
    reader: character,
  },
  header: {
    flags: '--header <when>',
    group: 'Input',
    help: 'auto, yes or no',
    reader: choice('auto', 'yes', 'no'),
    default: 'auto',
  },
  skipLines: {
    flags: '--skip-lines <n>',
    group: 'Input',
    help: 'lines to leave out before anything is read',
    reader: count(0),
  },
  limit: {
    flags: '--limit <n>',
    group: 'Input',
    help: 'read no more than n records',
    reader: count(0),
  },
  arrayDelimiter: {
    flags: '--array-delimiter <char>',
    group: 'Input',
    help: 'between the elements of an array column',
    reader: character,
  },
}

/** Which input column goes where. */
export const mappingOptions: OptionTable<MappingSettings> = {
  match: {
    flags: '--match <how>',
    group: 'Mapping',
    help: 'columns by name or by position',
    reader: choice('name', 'position'),
    defaultNote: 'name when there is a header',
  },
  map: {
    flags: '-m, --map <target=source>',
    group: 'Mapping',
    help: 'input column for a target column; repeatable',
    reader: pairs('TARGET=SOURCE'),
  },
  set: {
    flags: '--set <target=value>',
    group: 'Mapping',
    help: 'the same value in every row; repeatable',
    reader: pairs('TARGET=VALUE'),
  },
  ignoreExtra: {
    flags: '--ignore-extra',
    group: 'Mapping',
    help: 'leave out input columns the target lacks',
    reader: onOff,
  },
  allowMissing: {
    flags: '--allow-missing',
    group: 'Mapping',
    help: 'target columns without input become null',
    reader: onOff,
  },
}

/** How cells become values. */
export const valueOptions: OptionTable<ValueSettings> = {
  null: {
    flags: '--null <text>',
    group: 'Values',
    help: 'means null, as an empty field does; repeatable',
    reader: repeated(anyText),
  },
  dateFormat: {
    flags: '--date-format <column=format>',
    group: 'Values',
    help: "DolphinDB's symbols, or epoch:s|ms|us|ns; repeatable",
    reader: pairs('COLUMN=FORMAT'),
  },
  lenient: {
    flags: '--lenient',
    group: 'Values',
    help: 'a bad cell becomes null and is counted',
    reader: onOff,
  },
}

/** What becomes of rows that do not fit. */
export const badRowOptions: OptionTable<BadRowSettings> = {
  onError: {
    flags: '--on-error <what>',
    group: 'Bad rows',
    help: 'stop, skip or quarantine',
    reader: choice('stop', 'skip', 'quarantine'),
    defaultNote: 'quarantine with --rejects, else stop',
  },
  maxErrors: {
    flags: '--max-errors <n|n%>',
    group: 'Bad rows',
    help: 'stop when more rows are rejected',
    reader: limit,
    default: '100',
  },
  rejects: {
    flags: '--rejects <file>',
    group: 'Bad rows',
    help: 'takes rejected rows byte for byte, loadable again',
    reader: text,
  },
}
