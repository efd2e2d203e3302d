/*
  Help that fits a screen: the common options of the commands with the most options. --help-all shows every option.
*/
import type { OptionTable } from '../options/definition.js'
import type { HelpTexts } from '../language/help-texts.js'
import { wrapped } from '../output/terminal-text.js'

const common = ['table', 'create', 'host', 'user', 'encoding', 'map', 'null', 'dateFormat'] as const

/** Command → keys of its common options, and an example. */
const briefs: Readonly<Record<string, { options: readonly string[]; example: string }>> = {
  load: {
    options: [...common, 'rejects', 'runId', 'dryRun', 'json'],
    example: 'ddb-ingest load trades.csv --host db1 --table trades',
  },
  check: {
    options: [...common, 'sample', 'json'],
    example: 'ddb-ingest check trades.csv --host db1 --table trades',
  },
}

/** Width of the flags column with its margins, in characters. */
const flagsWidth = 33

/** @param columns  width of the terminal @returns undefined for a command whose whole help is short */
export function briefHelp(
  { name, summary, options }: { name: string; summary: string; options: OptionTable },
  columns: number,
  { say, optionHelp }: HelpTexts,
): string | undefined {
  const brief = briefs[name]
  if (brief === undefined) return undefined
  const whole = `${say('All options, examples and exit codes: ')}ddb-ingest ${name} --help-all`
  return [
    ...wrapped(`${say('Usage: ')}ddb-ingest ${name} [source...] --table <name> [options]`, columns),
    ...wrapped(summary, columns),
    '',
    ...brief.options.flatMap(key => {
      const { flags, helpName } = options[key]!
      const [first, ...others] = wrapped(
        optionHelp(helpName).split(/[;；]/)[0]!,
        Math.max(columns - flagsWidth - 1, 20),
      )
      return [
        `  ${flags}`.padEnd(flagsWidth) + first,
        ...others.map(line => ' '.repeat(flagsWidth) + line),
      ]
    }),
    '',
    ...wrapped(`${say('Example: ')}${brief.example}`, columns),
    ...wrapped(whole, columns),
    '',
  ].join('\n')
}

/** Printed when the program is called without arguments. */
export const firstSteps: Readonly<Record<HelpTexts['language'], string>> = {
  en: `Usage: ddb-ingest <command> [options]

Loads CSV and JSON into DolphinDB, and proves that every row landed.

  ddb-ingest demo
      a tour with the embedded server
  ddb-ingest schema trades.csv
      columns of a table for the file
  ddb-ingest load trades.csv --host HOST --user NAME --table trades
      loads it; with --dry-run, only reports what would happen

All commands: ddb-ingest --help
`,
  zh: `用法：ddb-ingest <命令> [选项]

把 CSV 和 JSON 导入 DolphinDB，并证明每一行都已写入。

  ddb-ingest demo
      用内置服务器演示一遍
  ddb-ingest schema trades.csv
      适合此文件的表的各列
  ddb-ingest load trades.csv --host HOST --user NAME --table trades
      导入；加 --dry-run 则只说明会怎样

所有命令：ddb-ingest --help
`,
}
