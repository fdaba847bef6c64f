import Wire

extension TURNAllocation {
    // MARK: Requests

    /// Sends a request, unless the same one is under way.
    mutating func request(_ kind: Transaction.Kind, challenges: Int = 0, at now: Instant) {
        guard !transactions.contains(where: { $0.kind == kind }) else { return }
        let id = STUNTransactionID(random: &random)
        let message = message(kind, id)
        let bytes = authentication?.encode(message) ?? message.encoded(fingerprint: false)
        transactions.append(
            Transaction(
                kind: kind, id: id, bytes: bytes, isAuthenticated: authentication != nil, challenges: challenges,
                interval: configuration.initialRetransmission,
                nextSend: configuration.isReliable ? nil : now + configuration.initialRetransmission,
                expires: now + configuration.patience))
        outputs.append(.transmit(bytes))
    }

    private func message(_ kind: Transaction.Kind, _ id: STUNTransactionID) -> STUNMessage {
        switch kind {
        case .allocate(let isSecondFamily):
            let family: STUNAttribute = isSecondFamily ? .requestedAddressFamily(.ipv6) : .additionalAddressFamily(.ipv6)
            return STUNMessage(.request, method: .allocate, transactionID: id, attributes: [.requestedTransportUDP, family])
        case .refresh: return STUNMessage(.request, method: .refresh, transactionID: id)
        case .permission(let ip):
            let peer = STUNAttribute.xorPeerAddress(TransportAddress(ip: ip, port: 0), transactionID: id)
            return STUNMessage(.request, method: .createPermission, transactionID: id, attributes: [peer])
        case .channel(let number, let peer):
            return STUNMessage(
                .request, method: .channelBind, transactionID: id,
                attributes: [.channelNumber(number), .xorPeerAddress(peer, transactionID: id)])
        }
    }

    mutating func repeatRequests(at now: Instant) {
        for index in transactions.indices {
            guard let due = transactions[index].nextSend, due <= now, transactions[index].expires > now else { continue }
            outputs.append(.transmit(transactions[index].bytes))
            transactions[index].interval = transactions[index].interval * 2
            let next = now + transactions[index].interval
            transactions[index].nextSend = next < transactions[index].expires ? next : nil
        }
        let overdue = transactions.filter { $0.expires <= now }
        transactions.removeAll { $0.expires <= now }
        for transaction in overdue where state != .over { gaveUp(transaction, at: now) }
    }

    private mutating func gaveUp(_ transaction: Transaction, at now: Instant) {
        switch transaction.kind {
        case .allocate, .refresh: fail(.noAnswer)
        case .permission(let ip): permissions[ip] = nil
        case .channel(_, let peer):
            channels[peer]?.isBound = false
            channels[peer]?.refresh = now + configuration.patience
        }
    }

    // MARK: Responses

    mutating func receiveResponse(_ message: STUNMessage, at now: Instant) {
        guard let index = transactions.firstIndex(where: { $0.id == message.transactionID }) else { return }
        let transaction = transactions[index]
        // An answer that says it comes from the server must. Refusals may come without: who can make one up on the path can
        // also hold back what passes.
        if let authentication, transaction.isAuthenticated, message.messageClass == .successResponse || message.hasIntegrity {
            guard message.verify(authentication.integrity) else { return }
        }
        transactions.remove(at: index)
        if message.messageClass == .successResponse {
            succeeded(transaction, message, at: now)
        } else if let error = message.errorCode {
            refused(transaction, error, message, at: now)
        } else if case .allocate = transaction.kind {
            fail(.notUnderstood)
        }
    }

    private mutating func succeeded(_ transaction: Transaction, _ message: STUNMessage, at now: Instant) {
        switch transaction.kind {
        case .allocate:
            let relayed = message.relayedAddresses.filter { $0.port != 0 && !$0.ip.isUnspecified }
            guard let mapped = message.mappedAddress, !relayed.isEmpty else { return fail(.notUnderstood) }
            state = .allocated
            scheduleRefresh(message, at: now)
            outputs.append(.allocated(relayed, mapped: mapped))
        case .refresh: scheduleRefresh(message, at: now)
        case .permission(let ip): granted(ip, at: now)
        case .channel(_, let peer):
            channels[peer]?.isBound = true
            channels[peer]?.refresh = now + Self.channelRefresh
            granted(peer.ip, at: now)
        }
    }

    /// Lifetimes as short as a test's are kept to; none is trusted to be longer than a day.
    private mutating func scheduleRefresh(_ message: STUNMessage, at now: Instant) {
        let lifetime = min(max(message.lifetime ?? 600, 1), 86_400)
        refreshAt = now + .milliseconds(Int64(lifetime) * 800)
    }

    mutating func refresh(at now: Instant) {
        refreshAt = nil
        request(.refresh, at: now)
    }

    private mutating func refused(_ transaction: Transaction, _ error: STUNErrorCode, _ message: STUNMessage, at now: Instant) {
        switch error.code {
        case 401, 438: challenged(transaction, error, message, at: now)
        case 300:
            guard case .allocate = transaction.kind, let server = message.alternateServer, server.port != 0 else {
                return fail(.refused(error))
            }
            end()
            outputs.append(.redirected(server, name: message.alternateDomain))
        case 440 where transaction.kind == .allocate(isSecondFamily: false):
            // It has no address of IPv4, but may have one of IPv6.
            request(.allocate(isSecondFamily: true), at: now)
        default:
            switch transaction.kind {
            case .allocate: fail(error.code == 441 ? .wrongCredentials : .refused(error))
            case .refresh: fail(.refused(error))
            case .permission(let ip): deny(ip)
            case .channel(_, let peer):
                // Without a channel data goes on as indications.
                channels[peer]?.refresh = nil
            }
        }
    }

    /// The server wants to know who asks (401), or another nonce (438).
    private mutating func challenged(_ transaction: Transaction, _ error: STUNErrorCode, _ message: STUNMessage, at now: Instant) {
        guard let credentials = configuration.credentials else { return fail(.noCredentials) }
        if error.code == 401, transaction.isAuthenticated { return fail(.wrongCredentials) }
        let next = TURNAuthentication(challenge: message, credentials, previousRealm: authentication?.realm)
        guard let next, transaction.challenges < Self.maximumChallenges else { return fail(.notUnderstood) }
        authentication = next
        request(transaction.kind, challenges: transaction.challenges + 1, at: now)
    }
}
