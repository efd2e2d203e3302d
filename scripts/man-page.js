/* Makes the manual page, man/ddb-ingest.1, from the help texts of commands and options. An option of several commands is described once.
   test/man-page.test.ts compares the page, or writes it if UPDATE_DOCS=1 is set. */

/** Escapes text for roff, so that no line begins a roff request, and hyphens can be searched for and copied. */
function roff(text) {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1')
}

/** Each option with its commands, in the order of the help. An option with two meanings is listed twice. */
function optionsOf(commands, words) {
  const found = new Map()
  for (const { name, options } of commands) {
    for (const definition of Object.values(options)) {
      const text = `.TP\n.B ${roff(definition.flags)}\n${roff(words.optionText(name, definition))}`
      const group = found.get(definition.group) ?? new Map()
      found.set(definition.group, group.set(text, [...(group.get(text) ?? []), name]))
    }
  }
  return found
}

/** Names the commands of an option, unless all commands have it. */
function ownersText(owners, all) {
  if (owners.length === all.length) return ''
  return `\n.I [${owners.join(', ')}]`
}

function commandText({ name, args, summary }, { epilogue }) {
  const usage = `.SS ddb\\-ingest ${roff(`${name} ${args}`.trim())}`
  const said = roff(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`)
  return `${usage}\n${said}${epilogueText(epilogue(name).trim())}`
}

/** Wraps sentences. Indented lines are commands: they stay unchanged, and begin further left to fit 80 columns. */
function epilogueText(epilogue) {
  const parts = epilogue.match(/(?:^ {2}.*\n?)+|(?:^(?! {2}).+\n?)+/gm) ?? []
  const texts = parts.map(part => {
    const lines = roff(part.trimEnd().replace(/^ {2}/gm, ''))
    return part.startsWith('  ') ? `.nf\n.in 4n\n${lines}\n.in\n.fi` : `.PP\n${lines}`
  })
  return texts.map(text => `\n${text}`).join('')
}

/**
 * @param commands  as in src/cli/commands/commands.ts
 * @param summary  of the program @param words  the texts of its help
 */
export function manPage(commands, summary, words) {
  const groups = [...optionsOf(commands, words)].map(([group, options]) => {
    const entries = [...options].map(([text, owners]) => text + ownersText(owners, commands))
    return `.SS ${group}\n${entries.join('\n')}`
  })
  return `.\\" Written by scripts/man-page.js from the commands and options of the program.
.TH DDB\\-INGEST 1
.nh
.ad l
.SH NAME
ddb\\-ingest \\- stream CSV and JSON into DolphinDB, and prove that every row landed
.SH SYNOPSIS
.B ddb\\-ingest
.I command
[options]
.SH DESCRIPTION
${roff(summary)}
.SH COMMANDS
${commands.map(one => commandText(one, words)).join('\n')}
.SH OPTIONS
In brackets the commands that have an option; without brackets all have it.
Every command also has ${roff('--help')}, and ${roff('--help-all')} with every option.
${groups.join('\n')}
`
}
