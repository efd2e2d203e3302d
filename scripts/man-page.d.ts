import type { Command } from '../src/cli/commands/command.js'

export function manPage(
  commands: readonly Command[],
  program: Readonly<Record<'name' | 'summary', string>>,
): string
