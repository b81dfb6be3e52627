/**
 * What is told to the client, with its HTTP status. Anything else that is thrown is a defect, and answered without details.
 */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: 400 | 404 | 413 | 429 | 503;

  constructor(status: ApiError["status"], message: string) {
    super(message);
    this.status = status;
  }
}
