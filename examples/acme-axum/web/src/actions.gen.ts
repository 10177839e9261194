// Generated from the actions of the server by portcullis-actions. Changes here are lost.
import { z } from "zod";
import { action, text } from "./runtime.gen.js";

export type AddComment = { "body": string; "document": string };
export const AddCommentSchema: z.ZodType<AddComment> = z.lazy(() => z.strictObject({ "body": text(z.string(), 1, 1000), "document": text(z.string(), 1, 512) }));

export type ChangeRole = { "member": string; "role": Rank };
export const ChangeRoleSchema: z.ZodType<ChangeRole> = z.lazy(() => z.strictObject({ "member": text(z.string(), 1, 512), "role": RankSchema }));

export type CommentDto = { "body": string; "document": string; "id": string };
export const CommentDtoSchema: z.ZodType<CommentDto> = z.lazy(() => z.strictObject({ "body": z.string(), "document": z.string(), "id": z.string() }));

export type Contact = { "email": string; "message": string };
export const ContactSchema: z.ZodType<Contact> = z.lazy(() => z.strictObject({ "email": text(z.string(), 3, 200).regex(new RegExp("@", "u")), "message": text(z.string(), 1, 2000) }));

export type CreateDocument = { "body": string; "title": string };
export const CreateDocumentSchema: z.ZodType<CreateDocument> = z.lazy(() => z.strictObject({ "body": text(z.string(), 0, 20000), "title": text(z.string(), 1, 120) }));

export type DeleteDocument = { "document": string };
export const DeleteDocumentSchema: z.ZodType<DeleteDocument> = z.lazy(() => z.strictObject({ "document": text(z.string(), 1, 512) }));

export type DocumentDto = { "body": string; "id": string; "title": string };
export const DocumentDtoSchema: z.ZodType<DocumentDto> = z.lazy(() => z.strictObject({ "body": z.string(), "id": z.string(), "title": z.string() }));

export type Done = { "id": string };
export const DoneSchema: z.ZodType<Done> = z.lazy(() => z.strictObject({ "id": z.string() }));

export type InviteMember = { "email": string; "name": string };
export const InviteMemberSchema: z.ZodType<InviteMember> = z.lazy(() => z.strictObject({ "email": text(z.string(), 3, 200).regex(new RegExp("@", "u")), "name": text(z.string(), 1, 80) }));

export type PayInvoice = { "invoice": string; "price": string };
export const PayInvoiceSchema: z.ZodType<PayInvoice> = z.lazy(() => z.strictObject({ "invoice": text(z.string(), 1, 512), "price": z.string() }));

export type PaymentDto = { "cents": number };
export const PaymentDtoSchema: z.ZodType<PaymentDto> = z.lazy(() => z.strictObject({ "cents": z.int() }));

export type ProfileDto = { "bio": string; "name": string };
export const ProfileDtoSchema: z.ZodType<ProfileDto> = z.lazy(() => z.strictObject({ "bio": z.string(), "name": z.string() }));

export type Rank = "viewer" | "editor" | "admin";
export const RankSchema: z.ZodType<Rank> = z.lazy(() => z.union([z.literal("viewer"), z.literal("editor"), z.literal("admin")]));

export type SignIn = { "email": string };
export const SignInSchema: z.ZodType<SignIn> = z.lazy(() => z.strictObject({ "email": text(z.string(), 3, 200).regex(new RegExp("@", "u")) }));

export type UpdateDocument = { "body": string; "document": string; "title": string };
export const UpdateDocumentSchema: z.ZodType<UpdateDocument> = z.lazy(() => z.strictObject({ "body": text(z.string(), 0, 20000), "document": text(z.string(), 1, 512), "title": text(z.string(), 1, 120) }));

export type UpdateProfile = { "bio": string; "name": string };
export const UpdateProfileSchema: z.ZodType<UpdateProfile> = z.lazy(() => z.strictObject({ "bio": text(z.string(), 0, 500), "name": text(z.string(), 1, 80) }));

export type VerifyCode = { "code": string; "email": string };
export const VerifyCodeSchema: z.ZodType<VerifyCode> = z.lazy(() => z.strictObject({ "code": text(z.string(), 6, 6), "email": text(z.string(), 3, 200) }));

/** `POST /_actions/addComment` */
export const addComment = action<AddComment, CommentDto, never>({"captcha":null,"idempotent":false,"name":"addComment","nonce":false,"secrets":[]}, AddCommentSchema);

/** `POST /_actions/changeRole` */
export const changeRole = action<ChangeRole, Done, never>({"captcha":null,"idempotent":false,"name":"changeRole","nonce":false,"secrets":[]}, ChangeRoleSchema);

/** `POST /_actions/contact` */
export const contact = action<Contact, Done, never>({"captcha":null,"idempotent":false,"name":"contact","nonce":true,"secrets":[]}, ContactSchema);

/** `POST /_actions/createDocument` */
export const createDocument = action<CreateDocument, DocumentDto, never>({"captcha":null,"idempotent":false,"name":"createDocument","nonce":false,"secrets":[]}, CreateDocumentSchema);

/** `POST /_actions/deleteDocument` */
export const deleteDocument = action<DeleteDocument, Done, never>({"captcha":null,"idempotent":false,"name":"deleteDocument","nonce":true,"secrets":[]}, DeleteDocumentSchema);

/** `POST /_actions/inviteMember` */
export const inviteMember = action<InviteMember, Done, "team_full" | "taken">({"captcha":null,"idempotent":false,"name":"inviteMember","nonce":true,"secrets":[]}, InviteMemberSchema);

/** `POST /_actions/payInvoice` */
export const payInvoice = action<PayInvoice, PaymentDto, "paid_already" | "price_changed">({"captcha":null,"idempotent":true,"name":"payInvoice","nonce":false,"secrets":[]}, PayInvoiceSchema);

/** `POST /_actions/signIn` */
export const signIn = action<SignIn, Done, never>({"captcha":null,"idempotent":false,"name":"signIn","nonce":false,"secrets":[]}, SignInSchema);

/** `POST /_actions/signOut` */
export const signOut = action<Record<string, never>, Done, never>({"captcha":null,"idempotent":false,"name":"signOut","nonce":false,"secrets":[]}, z.strictObject({}));

/** `POST /_actions/updateDocument` */
export const updateDocument = action<UpdateDocument, DocumentDto, never>({"captcha":null,"idempotent":false,"name":"updateDocument","nonce":false,"secrets":[]}, UpdateDocumentSchema);

/** `POST /_actions/updateProfile` */
export const updateProfile = action<UpdateProfile, ProfileDto, never>({"captcha":null,"idempotent":false,"name":"updateProfile","nonce":false,"secrets":[]}, UpdateProfileSchema);

/** `POST /_actions/verifyCode` */
export const verifyCode = action<VerifyCode, Done, "wrong_code">({"captcha":null,"idempotent":false,"name":"verifyCode","nonce":false,"secrets":["code"]}, VerifyCodeSchema);
