package check

// All lists the checks, in the order in which a report is read.
func All() []*Check {
	return []*Check{
		clickjacking,
		framingAbsent, framingWeak, framingContradictory, framingXFOOnly, framingReportOnly, framingMeta, framingUncovered,
		csrf, csrfJSON, csrfGet, csrfMethodOverride,
		csrfTokenUnbound, csrfTokenBeforeLogin, csrfTokenConstant, csrfTokenInURL,
		csrfOriginCheck, csrfLogin, csrfSameSiteOnly,
		authMissing, authFunction, authJWT, authSessionFixation, authSessionLogout, authTokenStorage,
		bolaRead, bolaWrite, bolaExistence,
		propertyExcess, propertyAssignment,
		raceCondition,
		cswsh, corsRead, postMessageOrigin,
		cookieSameSite, cookieSecure, cookieHTTPOnly, cookieDomain,
		exposedFile, exposedSecret, exposedCard, exposedHash,
		debugConsole, debugTrace, debugEndpoint,
		transportPlain, transportHSTS, transportOutdated, transportCertificate, transportExpiry,
		headerType, headerReferrer, headerNoSniff, headerCSP, headerCORS,
		rateLimitUnseen, inventoryDocument, inventoryVersions, inventoryBanner,
	}
}
