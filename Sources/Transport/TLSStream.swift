// One TLS connection: a libssl object between plain bytes and ciphertext, with no socket in it.
//
// libssl talks to a BIO of our own. Its read side is whatever the loop has just received (`feed`), borrowed for the length
// of one call; its write side collects records, which the loop sends together. libssl reads ahead, so after every
// call that wanted more input the fed bytes are used up, and what is left of a record waits inside libssl.

import COpenSSL
import Glibc

/// What the BIO's callbacks see. They must not capture anything, so libssl carries the address of this.
struct TLSWire {
    var input = UnsafeRawBufferPointer(start: nil, count: 0)
    var output = CiphertextBuffer()
    /// What was found wrong with the peer's certificates first.
    var objection: Certificate.Objection?
}

final class TLSStream {
    enum Outcome {
        case bytes(Int)
        case wantsMore
        /// The peer has said that it will send no more.
        case farewell
        case failed(CloseReason)
    }
    enum Handshake {
        case done
        case wantsMore
        case failed(CloseReason)
    }

    /// The longest plain content of a record.
    static let recordMax = 16 << 10

    let context: TLSContext
    let isServer: Bool
    let expectedHost: String?
    private let ssl: OpaquePointer
    private let wire: UnsafeMutablePointer<TLSWire>

    init(_ context: TLSContext, isServer: Bool, expectedHost: String?) throws(TransportError) {
        ERR_clear_error()
        guard let ssl = SSL_new(context.pointer) else {
            throw TransportError("libssl could not make a TLS connection: \(TLSFailure.libraryText()).")
        }
        guard let method = TLSStream.method, let bio = BIO_new(method) else {
            SSL_free(ssl)
            throw TransportError("libssl could not make a BIO: \(TLSFailure.libraryText()).")
        }
        self.context = context
        self.isServer = isServer
        self.expectedHost = expectedHost
        self.ssl = ssl
        wire = .allocate(capacity: 1)
        wire.initialize(to: TLSWire())
        BIO_set_data(bio, wire)
        BIO_set_init(bio, 1)
        SSL_set_bio(ssl, bio, bio)
        SSL_set_ex_data(ssl, TLSStream.wireIndex, wire)
        if isServer {
            SSL_set_accept_state(ssl)
        } else {
            SSL_set_connect_state(ssl)
            if let expectedHost { try expect(host: expectedHost) }
        }
    }

    deinit {
        SSL_free(ssl)
        wire.pointee.output.deallocate()
        wire.deinitialize(count: 1)
        wire.deallocate()
    }

    private func expect(host: String) throws(TransportError) {
        let parameters = SSL_get0_param(ssl)
        X509_VERIFY_PARAM_set_hostflags(parameters, TLSStream.hostFlags)
        let done: Bool
        if SocketAddress(host: host, port: 0) != nil {
            done = X509_VERIFY_PARAM_set1_ip_asc(parameters, host) == 1
        } else {
            // The server name helps peers that hold several certificates; addresses may not be sent in it.
            done = X509_VERIFY_PARAM_set1_host(parameters, host, 0) == 1 && quorate_ssl_set_server_name(ssl, host) == 1
        }
        if !done { throw TransportError("'\(host)' cannot be a host name in a certificate.") }
    }

    private static let hostFlags = UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT)

    // MARK: Ciphertext

    /// Lends ciphertext for the next calls, until one of them wants more.
    func feed(_ bytes: UnsafeRawBufferPointer) { wire.pointee.input = bytes }

    var unusedInput: UnsafeRawBufferPointer { wire.pointee.input }

    var output: CiphertextBuffer {
        get { wire.pointee.output }
        set { wire.pointee.output = newValue }
    }
    var hasOutput: Bool { wire.pointee.output.count > 0 }

    // MARK: Plain bytes

    func shakeHands() -> Handshake {
        ERR_clear_error()
        let code = SSL_do_handshake(ssl)
        if code == 1 { return .done }
        switch SSL_get_error(ssl, code) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .wantsMore
        default: return .failed(TLSFailure.reason(of: self, inHandshake: true))
        }
    }

    func read(into room: UnsafeMutableRawBufferPointer) -> Outcome {
        ERR_clear_error()
        let code = SSL_read(ssl, room.baseAddress!, Int32(clamping: room.count))
        if code > 0 { return .bytes(Int(code)) }
        return outcome(code)
    }

    /// Seals at most one record.
    func write(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        ERR_clear_error()
        let code = SSL_write(ssl, bytes.baseAddress!, Int32(clamping: min(bytes.count, TLSStream.recordMax)))
        if code > 0 { return .bytes(Int(code)) }
        return outcome(code)
    }

    private func outcome(_ code: Int32) -> Outcome {
        switch SSL_get_error(ssl, code) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: .wantsMore
        case SSL_ERROR_ZERO_RETURN: .farewell
        default: .failed(TLSFailure.reason(of: self, inHandshake: false))
        }
    }

    /// Puts a close_notify into the output.
    func sayFarewell() {
        ERR_clear_error()
        feed(UnsafeRawBufferPointer(start: nil, count: 0))
        _ = SSL_shutdown(ssl)
        ERR_clear_error()
    }

    // MARK: What was agreed, and with whom

    var agreement: (version: String, cipher: String) {
        let cipher = SSL_get_current_cipher(ssl)
        return (String(cString: SSL_get_version(ssl)), cipher.map { String(cString: SSL_CIPHER_get_name($0)) } ?? "none")
    }

    func peerMatches(host: String) -> Bool {
        guard SSL_get_verify_result(ssl) == X509_V_OK, let certificate = SSL_get1_peer_certificate(ssl) else { return false }
        defer { X509_free(certificate) }
        return Certificate.names(of: certificate, include: host, flags: TLSStream.hostFlags)
    }

    var peerText: String? {
        guard let certificate = SSL_get1_peer_certificate(ssl) else { return nil }
        defer { X509_free(certificate) }
        return Certificate.text(of: certificate)
    }

    /// Why the peer's certificate was not accepted.
    var objection: Certificate.Objection? { wire.pointee.objection }

    // MARK: Checking certificates

    /// Index 0 is the application's own (SSL_set_app_data).
    private static let wireIndex: Int32 = 0

    /// libssl forgets a certificate that it refuses, so what log lines need of it is noted while it is at hand. Does not
    /// change the verdict.
    static func noteObjections(_ context: OpaquePointer) {
        SSL_CTX_set_verify(context, SSL_CTX_get_verify_mode(context)) { accepted, store in
            guard accepted == 0, let store,
                let ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()),
                let data = SSL_get_ex_data(OpaquePointer(ssl), TLSStream.wireIndex)
            else { return accepted }
            let wire = data.assumingMemoryBound(to: TLSWire.self)
            if wire.pointee.objection == nil { wire.pointee.objection = Certificate.Objection(store) }
            return accepted
        }
    }

    // MARK: The BIO

    /// Made once per process, never changed and never freed, so sharing it between threads is safe.
    nonisolated(unsafe) private static let method = makeMethod()

    private static func makeMethod() -> OpaquePointer? {
        let kind = BIO_get_new_index()
        guard kind != -1, let method = BIO_meth_new(kind | BIO_TYPE_SOURCE_SINK, "quorate") else { return nil }
        BIO_meth_set_write(method) { bio, bytes, count in
            guard let bio, let bytes, count > 0 else { return 0 }
            let wire = BIO_get_data(bio)!.assumingMemoryBound(to: TLSWire.self)
            wire.pointee.output.append(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
            quorate_bio_clear_retry(bio)
            return count
        }
        BIO_meth_set_read(method) { bio, bytes, count in
            guard let bio, let bytes, count > 0 else { return 0 }
            let wire = BIO_get_data(bio)!.assumingMemoryBound(to: TLSWire.self)
            let taken = min(Int(count), wire.pointee.input.count)
            guard taken > 0 else {
                quorate_bio_ask_again(bio)
                return -1
            }
            quorate_bio_clear_retry(bio)
            memcpy(bytes, wire.pointee.input.baseAddress!, taken)
            wire.pointee.input = UnsafeRawBufferPointer(rebasing: wire.pointee.input[taken...])
            return Int32(taken)
        }
        BIO_meth_set_ctrl(method) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 }
        return method
    }
}
