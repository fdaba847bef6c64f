/// A certificate for localhost that nobody trusts who is not told to; for these tests alone, and valid for a hundred years.
package enum TestCertificate {
    package static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBmzCCAUGgAwIBAgIUbq6hE9D856dZ+A5S8QVJ2HD8TWowCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjE0MzUwN1oYDzIxMjYxMDI5
        MTQzNTA3WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAATO9syvdCnrs26xc0PFVzL+6+l5IhoLeHpcrt/tIqHJKb8WQe+YEJmQ
        NK/aRLLgXHM5G2DnLeltwKkqFIpoB2nHo28wbTAdBgNVHQ4EFgQUutxHdOhxmn3P
        URxPCpRjhs7933owHwYDVR0jBBgwFoAUutxHdOhxmn3PURxPCpRjhs7933owDwYD
        VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
        zj0EAwIDSAAwRQIgAmMKqkXdossyBI8R2T3g3yWSfKWfD+YHEX9V/79uXIoCIQCB
        Zk4zxD9qZldFjcg8ALsFYcZf+7xCnU/bUrzkwpElDA==
        -----END CERTIFICATE-----
        """

    package static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgHqUFR1af9hUMU4VC
        vm1I+pF76yBrvoAMSwAzL01nZ0GhRANCAATO9syvdCnrs26xc0PFVzL+6+l5IhoL
        eHpcrt/tIqHJKb8WQe+YEJmQNK/aRLLgXHM5G2DnLeltwKkqFIpoB2nH
        -----END PRIVATE KEY-----
        """
}
