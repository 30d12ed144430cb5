export type { InstanceContext } from './instance-context.ts';
