import type { Command } from '../src/cli/commands/command.js'

/** The text of man/ddb-ingest.1. */
export function manPage(
  commands: readonly Command[],
  program: Readonly<Record<'name' | 'summary', string>>,
): string
