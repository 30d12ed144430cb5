export { cacheFolder, cachePath, dropCached, findCached, noteCached } from './cache-folder.ts';
export { fetchContent } from './fetch-content.ts';
export { hashObject } from './judge-object.ts';
export { finishUpload } from './finish-upload.ts';
export { goOnUploads, type UploadsGoingOn } from './go-on-uploads.ts';
export type { Settled } from './settle-upload.ts';
export { startedUpload, uploadCopy } from './upload-copy.ts';
export { begunSaves, endSave, saveToStore, type StoreSave } from './save-to-store.ts';
