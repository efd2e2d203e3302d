import type { Command, HelpTexts } from '../src/cli/commands/command.js'

export function manPage(commands: readonly Command[], summary: string, words: HelpTexts): string
