// One person on the stack of Element: matrix-js-sdk with Rust crypto.
//
// Asked by JSON lines on stdin, {"id": 1, "ask": "send", ...}; answers on stdout, {"id": 1, "answer": ...} or
// {"id": 1, "refused": "..."}.  The first line out is {"ready": {...}}.  Nothing else is ever written there.
//
// Environment: BASE_URL, NAME, PASSWORD, ISOLATION (all | onlySigned), CROSS_SIGNED (yes | no), MODULES (folder),
// RECOVERY_KEY (empty on the account's first device, which makes one).
import { createHash, webcrypto } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { BASE_URL, NAME, PASSWORD, ISOLATION, CROSS_SIGNED, MODULES, RECOVERY_KEY } = process.env;
for (const level of ["log", "info", "debug", "trace", "warn", "error"]) console[level] = () => {};
const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");

const require = createRequire(join(MODULES, "package.json"));
const load = (name) => import(pathToFileURL(require.resolve(name)));
const sdk = await load("matrix-js-sdk");
const api = await load("matrix-js-sdk/lib/crypto-api/index.js");

const login = await sdk.createClient({ baseUrl: BASE_URL }).loginRequest({
    type: "m.login.password",
    identifier: { type: "m.id.user", user: NAME },
    password: PASSWORD,
    initial_device_display_name: "person",
});
const me = login.user_id;
let recoveryKey = RECOVERY_KEY || null;
let storageKey = recoveryKey ? api.decodeRecoveryKey(recoveryKey) : null;
const client = sdk.createClient({
    baseUrl: BASE_URL,
    userId: me,
    deviceId: login.device_id,
    accessToken: login.access_token,
    timelineSupport: true,
    cryptoCallbacks: {
        getSecretStorageKey: async ({ keys }) => (storageKey ? [Object.keys(keys)[0], storageKey] : null),
        cacheSecretStorageKey: (_id, _info, key) => (storageKey = key),
    },
});
await client.initRustCrypto({ useIndexedDB: false });
const crypto = client.getCrypto();
const isolate = (mode) =>
    crypto.setDeviceIsolationMode(
        mode === "onlySigned" ? new api.OnlySignedDevicesIsolationMode() : new api.AllDevicesIsolationMode(false),
    );
isolate(ISOLATION);

const answerUia = async (makeRequest) => {
    try {
        return await makeRequest(null);
    } catch (error) {
        if (error.httpStatus !== 401 || !error.data?.session) throw error;
        const identifier = { type: "m.id.user", user: me };
        return await makeRequest({ type: "m.login.password", identifier, password: PASSWORD, session: error.data.session });
    }
};

// ---- what was seen ------------------------------------------------------------------------------------------
const seen = new Map(); // event id -> event, in the order of arrival
const keep = (event) => {
    if (event.getId() && !event.getId().startsWith("~") && event.getRoomId()) seen.set(event.getId(), event);
};
client.on("event", keep);
client.on("Event.decrypted", keep);

const SHIELDS = ["none", "grey", "red"];
const REASONS = Object.fromEntries(Object.entries(api.EventShieldReason).map(([name, value]) => [value, name]));
async function describe(event) {
    const wire = event.getWireContent();
    const failed = event.isDecryptionFailure();
    const content = failed ? {} : event.getOriginalContent();
    const relation = content["m.relates_to"] ?? wire["m.relates_to"] ?? {};
    const encrypted = event.getWireType() === "m.room.encrypted";
    const info = encrypted && !failed ? await crypto.getEncryptionInfoForEvent(event) : null;
    return {
        eventId: event.getId(),
        room: event.getRoomId(),
        sender: event.getSender(),
        type: failed ? "m.room.encrypted" : event.getType(),
        encrypted,
        failed,
        why: failed ? event.decryptionFailureReason : null,
        content,
        relation,
        shield: info ? SHIELDS[info.shieldColour] : null,
        shieldReason: info?.shieldReason != null ? REASONS[info.shieldReason] : null,
        redacted: event.isRedacted(),
    };
}

async function until(what, seconds, look) {
    for (const end = Date.now() + seconds * 1000; Date.now() < end; await new Promise((done) => setTimeout(done, 100))) {
        const found = await look();
        if (found) return found;
    }
    throw new Error(`waited ${seconds} s for ${what}`);
}

const inRoom = (roomId) =>
    until(`room ${roomId}`, 15, async () => {
        const room = client.getRoom(roomId);
        return room?.getMyMembership() === "join" && (await crypto.isEncryptionEnabledInRoom(roomId)) ? room : null;
    });

// An attachment as the specification has it ("Sending encrypted attachments"): AES-CTR, the low 64 bits count.
const unpadded = (bytes) => Buffer.from(bytes).toString("base64").replace(/=+$/, "");
async function sealFile(plain) {
    const key = await webcrypto.subtle.generateKey({ name: "AES-CTR", length: 256 }, true, ["encrypt", "decrypt"]);
    const counter = new Uint8Array(16);
    webcrypto.getRandomValues(counter.subarray(0, 8));
    const sealed = Buffer.from(await webcrypto.subtle.encrypt({ name: "AES-CTR", counter, length: 64 }, key, plain));
    const { k } = await webcrypto.subtle.exportKey("jwk", key);
    const jwk = { alg: "A256CTR", ext: true, k, key_ops: ["encrypt", "decrypt"], kty: "oct" };
    const hashes = { sha256: unpadded(createHash("sha256").update(sealed).digest()) };
    return { sealed, file: { v: "v2", key: jwk, iv: unpadded(counter), hashes } };
}

async function openFile({ url, key, iv, hashes }) {
    const where = client.mxcUrlToHttp(url, undefined, undefined, undefined, false, true, true);
    const answer = await fetch(where, { headers: { Authorization: `Bearer ${login.access_token}` } });
    const sealed = Buffer.from(await answer.arrayBuffer());
    if (!answer.ok || unpadded(createHash("sha256").update(sealed).digest()) !== hashes.sha256) throw new Error(`not the file: ${answer.status}`);
    const known = await webcrypto.subtle.importKey("jwk", key, { name: "AES-CTR" }, false, ["decrypt"]);
    const counter = Buffer.from(iv, "base64");
    return Buffer.from(await webcrypto.subtle.decrypt({ name: "AES-CTR", counter, length: 64 }, known, sealed));
}

async function sendMessage(roomId, content) {
    const room = await inRoom(roomId);
    await room.loadMembersIfNeeded(); // as Element does before it encrypts
    try {
        return (await client.sendEvent(roomId, null, "m.room.message", content)).event_id;
    } catch (error) {
        // a message that failed would block the room's queue
        for (const event of room.getPendingEvents()) if (event.status === "not_sent") client.cancelPendingEvent(event);
        throw error;
    }
}

const asks = {
    createRoom: async ({ name, invite }) => {
        const state = (type, content) => ({ type, state_key: "", content });
        const { room_id } = await client.createRoom({
            name,
            preset: "private_chat",
            invite,
            initial_state: [
                state("m.room.encryption", { algorithm: "m.megolm.v1.aes-sha2" }),
                state("m.room.history_visibility", { history_visibility: "joined" }),
                state("m.room.guest_access", { guest_access: "forbidden" }),
            ],
        });
        await inRoom(room_id);
        return room_id;
    },
    invitations: () => client.getRooms().filter((r) => r.getMyMembership() === "invite").map((r) => r.roomId),
    join: async ({ room }) => {
        await client.joinRoom(room);
        await inRoom(room);
    },
    members: ({ room }) => client.getRoom(room)?.getJoinedMembers().map((m) => m.userId) ?? [],
    invite: ({ room, user }) => client.invite(room, user).then(() => null),
    leave: ({ room }) => client.leave(room).then(() => null),
    send: ({ room, content }) => sendMessage(room, content),
    sendClear: async ({ room, content }) => {
        const path = `/rooms/${encodeURIComponent(room)}/send/m.room.message/${client.makeTxnId()}`;
        return (await client.http.authedRequest("PUT", path, undefined, content)).event_id;
    },
    sendFile: async ({ room, path, mimetype, relation }) => {
        const plain = await readFile(path);
        const { sealed, file } = await sealFile(plain);
        const { content_uri } = await client.uploadContent(sealed, { type: "application/octet-stream", includeFilename: false });
        const name = basename(path);
        const info = { size: plain.length, mimetype };
        const content = { msgtype: "m.file", body: name, filename: name, info, file: { ...file, url: content_uri } };
        return await sendMessage(room, relation ? { ...content, "m.relates_to": relation } : content);
    },
    openFile: async ({ file }) => createHash("sha256").update(await openFile(file)).digest("hex"),
    redact: async ({ room, event }) => (await client.redactEvent(room, event)).event_id,
    react: async ({ room, event, key }) => {
        const relation = { rel_type: "m.annotation", event_id: event, key };
        return (await client.sendEvent(room, null, "m.reaction", { "m.relates_to": relation })).event_id;
    },
    messages: async ({ room }) =>
        await Promise.all(
            [...seen.values()]
                .filter((e) => e.getRoomId() === room && ["m.room.message", "m.room.encrypted"].includes(e.getType()))
                .map(describe),
        ),
    devices: async ({ user }) => {
        const known = (await crypto.getUserDeviceInfo([user], true)).get(user)?.values() ?? [];
        return await Promise.all(
            [...known].map(async (device) => ({
                device: device.deviceId,
                key: device.getFingerprint(),
                signedByOwner: Boolean((await crypto.getDeviceVerificationStatus(user, device.deviceId))?.signedByOwner),
            })),
        );
    },
    masterKey: () => crypto.getCrossSigningKeyId(),
    isolate: ({ mode }) => isolate(mode),
    resetIdentity: async () => {
        await crypto.bootstrapCrossSigning({ setupNewCrossSigning: true, authUploadDeviceSigningKeys: answerUia });
        return await crypto.getCrossSigningKeyId();
    },
    fingerprint: async () => ({ device: login.device_id, key: (await crypto.getOwnDeviceKeys()).ed25519 }),
};

// ---- start --------------------------------------------------------------------------------------------------
process.on("unhandledRejection", () => {});
await client.startClient({ initialSyncLimit: 30, threadSupport: false, lazyLoadMembers: false });
await new Promise((done) => client.on("sync", (state) => state === "PREPARED" && done()));
if (CROSS_SIGNED === "yes") {
    await crypto.userHasCrossSigningKeys(me, true); // a recovered key is only taken if it fits what is published
    await crypto.bootstrapCrossSigning({ authUploadDeviceSigningKeys: answerUia });
    if (!recoveryKey) {
        await crypto.bootstrapSecretStorage({
            createSecretStorageKey: async () => {
                const key = await crypto.createRecoveryKeyFromPassphrase();
                recoveryKey = key.encodedPrivateKey;
                return key;
            },
            setupNewSecretStorage: true,
        });
    }
    await until("the device to be signed", 15, async () => {
        await crypto.userHasCrossSigningKeys(me, true);
        return (await crypto.getDeviceVerificationStatus(me, login.device_id))?.signedByOwner;
    });
}
say({ ready: { user: me, recoveryKey, ...(await asks.fingerprint()) } });

const lines = createInterface({ input: process.stdin });
lines.on("line", async (line) => {
    const { id, ask, ...more } = JSON.parse(line);
    try {
        if (!Object.hasOwn(asks, ask)) throw new Error(`nothing is called ${ask}`);
        say({ id, answer: (await asks[ask](more)) ?? null });
    } catch (error) {
        say({ id, refused: String(error?.message ?? error) });
    }
});
lines.on("close", () => {
    client.stopClient();
    process.exit(0);
});
