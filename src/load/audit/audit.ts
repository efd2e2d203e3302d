/*
  Compares the rows of inputs with the rows of a table, whoever wrote them: reads the inputs as a load would, and the table in blocks. If
  the sums of their hashes differ, reads both again, row by row.
*/
import { hideInData, newSecrets } from '../../client/login/hide-password.js'
import { DdbError, InputError, UsageError } from '../../errors.js'
import { rangeAt } from '../../parse/row-places.js'
import type { Platform } from '../../platform/platform.js'
import { systemPlatform } from '../../platform/system.js'
import { columnTypeText } from '../../protocol/data-type.js'
import { withArchives } from '../../source/archive/archives.js'
import { version } from '../../version.js'
import { checkRejects } from '../rejects/check-rejects.js'
import { refusedRow } from '../rejects/reject.js'
import type { RunRejects } from '../rejects/run-rejects.js'
import { asDdbError } from '../run-ending.js'
import { tableText } from '../target/target.js'
import {
  concluded,
  newResult,
  type AuditOptions,
  type AuditResult,
  type Certificate,
  type CertificateOptions,
} from './audit-result.js'
import { identityText } from './compared.js'
import { Differences } from './differences.js'
import { keyWords, RowHasher } from './row-hash.js'
import { bucketCount, KeptRows, RowSums } from './row-sets.js'
import { Sides } from './sides.js'

/** Rows of the inputs to keep at once; more are compared in rounds. */
const mostKept = 5_000_000
/** How often a table that changes is read again. */
const mostTries = 3

/**
 * Finds out which rows of the inputs are in the table. Writes nothing to the server.
 * @returns the outcome, including failures (`error`, `exitCode`); the promise rejects only for wrong options
 * @throws {UsageError} DDB_USAGE, DDB_NAME
 */
export function audit(options: AuditOptions | CertificateOptions): Promise<AuditResult> {
  return auditOn(systemPlatform, options)
}

export async function auditOn(
  platform: Platform,
  options: AuditOptions | CertificateOptions,
): Promise<AuditResult> {
  const machine = { ...platform, files: withArchives(platform.files) }
  if (!('certificate' in options)) return new Audit(machine, options).run()
  const { certificate, ...given } = options
  const columns = certificate.columns.map(({ name }) => name)
  const target = { table: certificate.table }
  return new Audit(machine, { ...given, inputs: ['-'], target, columns }, certificate).run()
}

class Audit {
  readonly #platform: Platform
  readonly #options: AuditOptions
  readonly #certificate: Certificate | undefined
  readonly #key: Int32Array
  readonly #sides: Sides
  readonly #result: AuditResult

  constructor(platform: Platform, options: AuditOptions, certificate?: Certificate) {
    this.#platform = platform
    this.#options = options
    this.#certificate = certificate
    const key = certificate && Buffer.from(certificate.key, 'hex')
    const bytes = Uint8Array.from(key ?? platform.random.bytes(4 * keyWords))
    this.#key = new Int32Array(bytes.buffer)
    this.#sides = new Sides(platform, options, this.#key, certificate)
    this.#result = newResult(this.#now(), options)
  }

  async run(): Promise<AuditResult> {
    let failure: DdbError | undefined
    const fail = (error: unknown): void => void (failure ??= asDdbError(error))
    const certificate = this.#certificate
    await (certificate ? this.#compareWith(certificate) : this.#compare()).catch(fail)
    await this.#sides.close().catch(fail)
    if (failure instanceof UsageError && this.#sides.compared === undefined) throw failure
    const { compared, ranges, input } = this.#sides
    const { target = this.#result.target, notices = [], rows } = input ?? {}
    const known = {
      ...this.#result,
      ...{ endedAt: this.#now(), target, notices, ranges },
      columns: compared?.columns.map(({ name }) => name) ?? [],
      rows: { ...this.#result.rows, ...(rows && { input: rows.read, rejected: rows.rejected }) },
    }
    const result = concluded(known, this.#options.exact === true, failure)
    return hideInData(result, newSecrets(this.#options.server.password).hideInSentence)
  }

  #now(): string {
    return new Date(this.#platform.clock.wallMs()).toISOString()
  }

  async #compare(): Promise<void> {
    const { missing, inputs } = this.#options
    const { rows } = this.#result
    if (missing !== undefined) checkRejects(missing, inputs, this.#platform)
    const input = new RowSums()
    const sides = this.#sides
    await sides.readInput(({ hashed, rowCount }, _, outside) => {
      input.add(hashed.identity, rowCount, outside)
    })
    const read = sides.input!.rows
    rows.outside = read.read - read.rejected - input.rows
    const first = sides.compared!.keeps === 'all' ? await sides.readTable() : undefined
    const chosen = first?.differences(input) ?? new Uint8Array(bucketCount).fill(1)
    const isEqual = !chosen.includes(1)
    if (isEqual) Object.assign(rows, { missing: 0, changed: 0, repeated: 0 })
    else if (inputs.includes('-')) {
      throw unproven(
        'the table has other rows than standard input, which cannot be read twice: audit a file to find out which rows differ',
      )
    }
    const table = isEqual ? first! : await this.#findDifferences(input, first, chosen)
    rows.table = table.rows
    rows.found = input.rows - rows.missing! - rows.changed! - rows.replaced
    rows.others = table.rows - rows.found - rows.changed!
    if (rows.missing === 0 && rows.changed === 0 && rows.others === 0) this.#certify(table)
  }

  async #compareWith(certificate: Certificate): Promise<void> {
    const { rows } = this.#result
    await this.#sides.findCertified()
    const { identity, columns, table } = this.#sides.compared!
    const types = columns.map(({ type }) => columnTypeText(type)).join()
    const isSame = identityText(identity) === certificate.identity
    if (!isSame || types !== certificate.columns.map(({ type }) => type).join()) {
      throw new DdbError(
        'DDB_TARGET_CHANGED',
        `${tableText(table)} was made again after ${certificate.madeAt}: the certificate is of the earlier table`,
      )
    }
    rows.input = certificate.rows
    const found = await this.#sides.readTable()
    rows.table = found.rows
    if (found.digest() !== certificate.digest) return
    Object.assign(rows, { found: found.rows, missing: 0, changed: 0, others: 0, repeated: 0 })
  }

  /** Compares the rows of the chosen buckets one by one. @returns the sums of the table when it was read last */
  async #findDifferences(
    input: RowSums,
    first: RowSums | undefined,
    chosen: Uint8Array,
  ): Promise<RowSums> {
    const { columns, keeps } = this.#sides.compared!
    const names = columns.map(({ name }) => name)
    const hasher = new RowHasher(this.#key)
    let table = first
    for (const marks of rounds(input.counts, chosen)) {
      const kept = new KeptRows(input.counts, marks, keeps)
      const differences = new Differences(kept, names, hasher)
      const again = new RowSums()
      await this.#sides.readInput((block, batch, outside) => {
        again.add(block.hashed.identity, block.rowCount, outside)
        differences.keep(block, batch, outside)
      })
      if (again.digest() !== input.digest())
        throw new InputError(
          'DDB_INPUT_READ',
          'the inputs changed while they were audited: audit them again',
          { file: this.#options.inputs.join(', ') },
        )
      table = await this.#strike(kept, differences, table)
      differences.tell(this.#result)
      if (kept.missing().length === 0) continue
      if (this.#sides.goneRows > 0) {
        throw unproven(
          `rows that were not found may be among the ${this.#sides.goneRows} that have left the memory of the server, where an audit cannot read them`,
        )
      }
      if (this.#sides.missing !== undefined) await this.#write(kept, this.#sides.missing)
    }
    return table!
  }

  /** Reads the table until it has no differences, or has the same rows as at the reading before. */
  async #strike(
    kept: KeptRows,
    differences: Differences,
    before: RowSums | undefined,
  ): Promise<RowSums> {
    for (let left = mostTries; ; left--) {
      differences.reopen()
      const table = await this.#sides.readTable(block => differences.strike(block))
      const isStill = table.digest() === before?.digest()
      if (isStill || kept.missing().length + kept.changed().length === 0) return table
      if (left === 0)
        throw unproven(
          `${tableText(this.#sides.compared!.table)} changes while it is read: audit it again when nobody writes to these rows`,
        )
      before = table
    }
  }

  /** Adds the missing rows' records to their file. */
  async #write(kept: KeptRows, missing: RunRejects): Promise<void> {
    await this.#sides.readInput((block, batch, outside) => {
      for (let row = 0; row < block.rowCount; row++) {
        if (outside?.[row] === 1 || !kept.takeMissing(block.hashed, row)) continue
        const reject = {
          ...refusedRow(batch, row, ''),
          message: 'the table does not have this row',
        }
        missing.add({ ...reject, code: 'DDB_UNCONFIRMED' }, rangeAt(batch.ranges, row).shape)
      }
    })
    missing.flush()
    this.#result.missingFiles = missing.result().files
  }

  #certify(table: RowSums): void {
    const { table: named, identity, columns } = this.#sides.compared!
    const { host, port } = this.#sides.server
    this.#result.certificate = {
      ...{ schema: 'ddb-ingest/certificate/1', version },
      madeAt: this.#now(),
      ...{ host: `${host}:${port}`, table: tableText(named), identity: identityText(identity) },
      columns: columns.map(({ name, type }) => ({ name, type: columnTypeText(type) })),
      ...{ ranges: this.#sides.ranges, rows: table.rows, digest: table.digest() },
      key: Buffer.from(this.#key.buffer).toString('hex'),
      inputs: this.#sides.input!.inputs.map(({ path, rows, bytes }) => ({ path, rows, bytes })),
    }
  }
}

/** Divides the chosen buckets, so that the rows of each part can be kept at once. */
function* rounds(counts: Uint32Array, chosen: Uint8Array): Generator<Uint8Array, void, void> {
  let marks = new Uint8Array(bucketCount)
  let rows = 0
  for (let bucket = 0; bucket < bucketCount; bucket++) {
    if (chosen[bucket] !== 1) continue
    if (rows > 0 && rows + counts[bucket]! > mostKept) {
      yield marks
      marks = new Uint8Array(bucketCount)
      rows = 0
    }
    marks[bucket] = 1
    rows += counts[bucket]!
  }
  yield marks
}

const unproven = (message: string): DdbError => new DdbError('DDB_UNPROVEN', message)
