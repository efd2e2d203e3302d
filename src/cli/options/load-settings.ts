/*
  What `load` is told once its options are read.
*/
import type { Method, OnError } from '../../load/options.js'
import type {
  CommonSettings,
  JsonSettings,
  ProgressSettings,
  ServerSettings,
} from './definition.js'
import type { LogFormat } from '../output/output.js'
import type { Rate } from './values.js'

/** Options of the group "Target". */
export interface TargetSettings {
  table?: string
  method?: Method
  keyColumns?: readonly string[]
  function?: string
  functionArg?: readonly { value: unknown }[]
  types?: string
  typesFrom?: string
  confirmTable?: string
}

/** Options of the group "Input". */
export interface InputSettings {
  format: 'auto' | 'csv' | 'tsv' | 'ndjson' | 'json'
  compression: 'auto' | 'none' | 'gzip'
  delimiter?: string
  quote?: string
  escape?: string
  comment?: string
  header: 'auto' | 'yes' | 'no'
  skipLines?: number
  limit?: number
  arrayDelimiter?: string
}

/** Options of the group "Mapping". */
export interface MappingSettings {
  match?: 'name' | 'position'
  map?: Readonly<Record<string, string>>
  set?: Readonly<Record<string, string>>
  ignoreExtra?: boolean
  allowMissing?: boolean
}

/** Options of the group "Values". */
export interface ValueSettings {
  null?: readonly string[]
  dateFormat?: Readonly<Record<string, string>>
  lenient?: boolean
}

/** Options of the group "Bad rows". */
export interface BadRowSettings {
  onError?: OnError
  maxErrors: number | `${number}%`
  rejects?: string
}

/** Options of the group "Delivery"; times in milliseconds, sizes in bytes. */
export interface DeliverySettings {
  mode: 'async' | 'sync'
  confirm: 'auto' | 'none' | 'count' | 'receipts'
  confirmTimeout: number
  batchRows?: number
  batchBytes?: number
  flushInterval: number
  maxInFlight?: number
  connections?: number
  retries?: number
  retryTimeout?: number
  onDoubt?: 'report' | 'resend'
  rateLimit?: Rate
}

/** Options of the group "Run". */
export interface RunSettings {
  runId?: string
  expectRows?: number
  summary?: string
  metricsFile?: string
  lock?: string
}

/** Options of the group "Output" that `load` alone has. */
export interface LogSettings {
  logFormat: LogFormat
}

/** Every option of `load`, read. */
export interface LoadSettings
  extends
    TargetSettings,
    InputSettings,
    MappingSettings,
    ValueSettings,
    BadRowSettings,
    DeliverySettings,
    RunSettings,
    ServerSettings,
    ProgressSettings,
    LogSettings,
    JsonSettings,
    CommonSettings {}
