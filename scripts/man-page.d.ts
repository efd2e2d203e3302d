import type { Command } from '../src/cli/commands/command.js'
import type { HelpTexts } from '../src/cli/language/help-texts.js'

export function manPage(commands: readonly Command[], summary: string, words: HelpTexts): string
