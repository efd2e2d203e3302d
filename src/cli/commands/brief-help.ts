/*
  Help that fits a screen: the common options by task, with flags from the option table. --help-all shows every option.
*/
import type { OptionTable } from '../options/reading/definition.js'
import type { HelpTexts } from '../language/help-texts.js'
import { wrapped } from '../output/terminal-text.js'

/** A task of the user, and its options: key → the option's effect in half a line. */
type Task = readonly [title: string, options: Readonly<Record<string, string>>]

interface Brief {
  readonly usage: string
  readonly summary: string
  readonly tasks: readonly Task[]
  readonly example: string
}

const where: Task = [
  'Target and server',
  {
    table: 'a shared table, or dfs://DATABASE/TABLE',
    create: 'create a missing table: stream or dfs',
    host: 'the server (127.0.0.1:8848)',
    user: 'log in as this user; prompts for the password',
  },
]

const meaning: Task = [
  'Reading the file',
  {
    encoding: 'gb18030, big5, latin1, …, or auto (UTF-8)',
    map: 'fill a table column from an input column',
    null: 'this text means null, as an empty field does',
    dateFormat: 'such as day=dd/MM/yyyy or t=epoch:ms',
  },
]

export const briefs: Readonly<Record<string, Brief>> = {
  load: {
    usage: 'ddb-ingest load [source...] --table <name> [options]',
    summary: 'Streams files or standard input into a table, and proves that every row landed.',
    tasks: [
      where,
      meaning,
      [
        'Bad rows, and resuming',
        {
          rejects: 'save rejected rows here, for repair and retry',
          runId: 'name the run, so that it can be resumed',
        },
      ],
      [
        'Dry run, and output',
        {
          dryRun: 'write nothing; report what the load would do',
          json: 'print the result as one JSON object',
        },
      ],
    ],
    example: 'ddb-ingest load trades.csv --host db1',
  },
  check: {
    usage: 'ddb-ingest check [source...] --table <name> [options]',
    summary: 'Reports column by column what a load would do, without writing.',
    tasks: [
      where,
      meaning,
      [
        'How much to read, and what to print',
        {
          sample: 'examine at most n records of each input',
          json: 'print the result as one JSON object',
        },
      ],
    ],
    example: 'ddb-ingest check trades.csv --table trades --host db1',
  },
}

/** Width of the flags column with its margins, in characters. */
const flagsWidth = 33

/** @param columns  width of the terminal @returns undefined for a command whose whole help is short */
export function briefHelp(
  name: string,
  options: OptionTable,
  columns: number,
  say: HelpTexts['say'],
): string | undefined {
  const brief = briefs[name]
  if (brief === undefined) return undefined
  const lines = brief.tasks.flatMap(([title, texts]) => [
    say(title) + say(':'),
    ...Object.entries(texts).flatMap(([key, text]) => {
      const [first, ...others] = wrapped(say(text), Math.max(columns - flagsWidth, 20))
      const flags = `  ${options[key]!.flags}`.padEnd(flagsWidth)
      return [flags + first, ...others.map(line => ' '.repeat(flagsWidth) + line)]
    }),
  ])
  return [
    ...wrapped(`${say('Usage: ')}${brief.usage}`, columns),
    '',
    ...wrapped(say(brief.summary), columns),
    '',
    ...lines,
    '',
    ...wrapped(`${say('Example: ')}${brief.example}`, columns),
    ...wrapped(
      `${say('All options, examples and exit codes: ')}ddb-ingest ${name} --help-all`,
      columns,
    ),
    '',
  ].join('\n')
}

/** Printed when the program is called without arguments. */
export const firstSteps: Readonly<Record<HelpTexts['language'], string>> = {
  en: `Usage: ddb-ingest <command> [options]

Loads CSV and JSON into DolphinDB, and proves that every row landed.

  ddb-ingest demo
      a tour with the embedded server
  ddb-ingest load trades.csv --host HOST --user NAME
      without --table: lists the tables of your server that fit the file
  ddb-ingest load trades.csv --host HOST --user NAME --table trades
      loads it; with --dry-run, only reports what would happen

All commands: ddb-ingest --help
`,
  zh: `用法：ddb-ingest <命令> [选项]

把 CSV 和 JSON 导入 DolphinDB，并证明每一行都已写入。

  ddb-ingest demo
      用内置服务器演示一遍
  ddb-ingest load trades.csv --host HOST --user NAME
      不写 --table：列出服务器上哪些表适合此文件
  ddb-ingest load trades.csv --host HOST --user NAME --table trades
      导入；加 --dry-run 则只说明会怎样

所有命令：ddb-ingest --help
`,
}
