/*
  The fields of the library's LoadOptions by name: options say which one they set.
*/
import type { LoadOptions } from '../../load/options.js'
import type { OptionTable, SettingsOf } from './reading/definition.js'

type GroupName =
  'server' | 'target' | 'input' | 'mapping' | 'cells' | 'rejects' | 'delivery' | 'journal'
type Group<Name extends GroupName> = Exclude<LoadOptions[Name], undefined>
type TopField = 'expectRows' | 'expectTypes' | 'expectUnique' | 'runId'

/** `delivery.batchRows`, `runId`: where a field of LoadOptions stands. */
export type LoadField =
  { [Name in GroupName]: `${Name}.${keyof Group<Name> & string}` }[GroupName] | TopField

/** The type of a field. */
export type FieldValue<Field extends LoadField> = Field extends TopField
  ? LoadOptions[Field]
  : Field extends `${infer Name extends GroupName}.${infer Member}`
    ? Member extends keyof Group<Name>
      ? Group<Name>[Member]
      : never
    : never

/** Fields that options have set. */
export type LoadFields = { [Name in GroupName]?: Partial<Group<Name>> } & Pick<
  LoadOptions,
  TopField
>

/** The fields that a table's options set; settings that were not given stay out, so that the library's defaults hold. */
export function fieldsOf<Table extends OptionTable>(
  table: Table,
  settings: SettingsOf<Table>,
): LoadFields {
  const top: Record<string, unknown> = {}
  const groups: Record<string, Record<string, unknown>> = {}
  for (const [key, { field }] of Object.entries<OptionTable[string]>(table)) {
    const value = (settings as Readonly<Record<string, unknown>>)[key]
    if (field === undefined || value === undefined) continue
    const [group, member] = field.split('.') as [string, string?]
    if (member === undefined) top[group] = value
    else (groups[group] ??= {})[member] = value
  }
  // That each value has the type of its field is what `optionGroup` demands.
  return { ...groups, ...top }
}
