import { registerUpload, Uploads, type UploadedFile } from '@fathom/analyses';
import { UploadService, type upload } from '@fathom/contracts';
import { InputError } from '@fathom/errors';
import { operationMessage, requirePresigning, URL_SECONDS, type Platform } from '@fathom/platform';
import { implement, type BoundService } from '@fathom/service-kit';

/** Files of clients that share no disk with the service. */
export function uploadService(platform: Platform): BoundService {
  const { objects } = platform.artifacts;
  const { limits } = platform.config;
  const uploads = new Uploads(objects);
  const lifetime = () => ({ now: Date.now(), seconds: limits.uploadSeconds });
  return implement(UploadService, {
    async createUpload(request) {
      const presign = requirePresigning(objects, 'register networks and images from paths below an input root, or serve from a store in S3');
      const files = checkedFiles(request.files, limits);
      const name = await uploads.begin(files, lifetime(), limits);
      const targets = (await uploads.missing(name, files)).map((file) => {
        const { bytes: size, sha256 } = file;
        const { url, headers } = presign(uploads.key(name, file), { method: 'PUT', expirySeconds: URL_SECONDS, size, sha256 });
        return { name: file.name, url, headers: { ...headers } };
      });
      return { upload: name, targets, urlsExpireInSeconds: URL_SECONDS, keptForSeconds: limits.uploadSeconds };
    },
    async commitUpload(request) {
      const { upload } = registerUpload.normalise(request);
      await uploads.prolong(upload, lifetime());
      return { operation: operationMessage(await platform.startJob(registerUpload, request)) };
    },
    async deleteUpload(request) {
      await uploads.remove(request.upload);
      return {};
    },
  });
}

/** The files of a request, if they are within the limits. */
function checkedFiles(
  files: readonly upload.UploadFile[],
  { uploadFiles, uploadFileBytes, uploadBytes }: Platform['config']['limits'],
): UploadedFile[] {
  const refused = (field: string, problem: string, accepted: string, value?: unknown): InputError =>
    new InputError({ field, problem, accepted, ...(value !== undefined && { value }) });
  if (files.length === 0 || files.length > uploadFiles)
    throw refused('files', files.length === 0 ? 'are missing' : 'are too many', `1 to ${uploadFiles} files`, files.length);
  const names = new Set<string>();
  let total = 0;
  const checked = files.map(({ name, sizeBytes, sha256 }, index) => {
    const field = `files[${index}]`;
    if (!/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/.test(name))
      throw refused(`${field}.name`, 'is no file name', '1 to 100 letters, digits, ".", "_" or "-", no "." first', name);
    if (names.has(name)) throw refused(`${field}.name`, 'comes a second time', 'names that differ', name);
    names.add(name);
    if (sizeBytes < 1n || sizeBytes > uploadFileBytes)
      throw refused(`${field}.size_bytes`, 'is out of range', `1 to ${uploadFileBytes} bytes`, sizeBytes);
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw refused(`${field}.sha256`, 'is no SHA-256', '64 lower-case hexadecimal digits', sha256);
    total += Number(sizeBytes);
    return { name, bytes: Number(sizeBytes), sha256 };
  });
  if (total > uploadBytes) throw refused('files', 'are too large', `${uploadBytes} bytes in all`, total);
  return checked;
}
