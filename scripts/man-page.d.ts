import type { Command } from '../src/cli/commands/command.js'
import type { HelpTexts } from '../src/cli/language/help.js'

export function manPage(commands: readonly Command[], summary: string, words: HelpTexts): string
