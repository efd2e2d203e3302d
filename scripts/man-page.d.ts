import type { Command } from '../src/cli/commands/command.js'

export function manPage(commands: readonly Command[], summary: string): string
