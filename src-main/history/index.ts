export { listTransactions } from './list-transactions.ts';
export { undoChange } from './undo-change.ts';
