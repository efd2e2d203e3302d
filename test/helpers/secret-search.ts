/* Searches all text that commands print and write for forms of a password. */
import assert from 'node:assert/strict'
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runMain, type FakeTerminals, type Outcome } from '../cli/run-cli.js'

export class SecretSearch {
  readonly #password: string
  readonly #secrets: readonly string[]

  constructor(password: string, secrets: readonly string[]) {
    this.#password = password
    this.#secrets = secrets
  }

  /** Writes the password to a file. */
  passwordFile(folder: string): string {
    const file = join(folder, 'password')
    writeFileSync(file, `${this.#password}\n`)
    chmodSync(file, 0o600)
    return file
  }

  /** Runs a command in a folder, and searches its output and everything in the folder but `password`. */
  async run(folder: string, argv: readonly string[], terminals: FakeTerminals): Promise<Outcome> {
    const before = process.cwd()
    process.chdir(folder)
    try {
      const outcome = await runMain([...argv], terminals)
      this.#search(`stdout of ${argv.join(' ')}`, outcome.stdout)
      this.#search(`stderr of ${argv.join(' ')}`, outcome.stderr)
      assert.notEqual(outcome.code, 70, outcome.stderr)
      this.#searchFolder(folder)
      return outcome
    } finally {
      process.chdir(before)
    }
  }

  #search(where: string, text: string): void {
    for (const secret of this.#secrets) {
      assert.ok(!text.includes(secret), `${secret} in ${where}: ${text.slice(0, 2_000)}`)
    }
  }

  #searchFolder(folder: string): void {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name)
      this.#search('a name', path)
      if (statSync(path).isDirectory()) this.#searchFolder(path)
      else if (name !== 'password') this.#search(path, readFileSync(path, 'utf8'))
    }
  }
}
