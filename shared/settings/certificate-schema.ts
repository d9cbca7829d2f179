import { X509Certificate } from 'node:crypto';
import { z } from 'zod';

/** PEM text of an authority's certificate, as TLS takes it. */
export const certificateSchema = z
  .string()
  .refine(isCertificate, 'expected a certificate as PEM text');

function isCertificate(text: string): boolean {
  if (!text.includes('-----BEGIN CERTIFICATE-----')) return false;
  try {
    return new X509Certificate(text).raw.length > 0;
  } catch {
    return false; // an error of OpenSSL is how it says that it is none
  }
}
