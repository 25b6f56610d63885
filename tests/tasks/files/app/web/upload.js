const MAX_UPLOAD = 8 * 1024 * 1024; // bytes, each photo
const KINDS = ["image/jpeg", "image/png", "image/webp"];

export function accepted(file) {
  return file.size <= MAX_UPLOAD && KINDS.includes(file.type);
}

// TODO: tell the user which photo was too large
